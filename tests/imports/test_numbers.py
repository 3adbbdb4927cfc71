"""How numbers are read: where there is one possible reading, and never otherwise."""

from decimal import Decimal

import pytest

from imports.numbers import Amount, Fraction, Measure, Whole


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("12.50", "12.50"), ("12.5", "12.5"), ("12", "12"), (12, "12"), (12.5, "12.5"), (0.1, "0.1"),
        ("12,50", "12.50"), ("€ 12,50", "12.50"),
        ("12.50 EUR", "12.50"), ("€12", "12"), ("1.234,56", "1234.56"), ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"), ("1'234.56", "1234.56"), ("1,234,567", "1234567"), ("1.234.567,8", "1234567.8"),
        ("12.5000", "12.5"), ("0.500", "0.5"), ("0", "0"), ("1 234", "1234"),
    ],
)  # fmt: skip
def test_an_amount_with_one_reading_is_read(cell, amount):
    assert Amount(2, "EUR").parse(cell) == Decimal(amount)


@pytest.mark.parametrize(
    "cell",
    ["1,234", "1.234", "NaN", "inf", "1_000", "٣", "12.345", 12.345, "-1", -1, "1e3", "twelve", "1,2,3", "12.5.0",
     "12,34,567", "$ 5 000 x", True, "£5"],
)  # fmt: skip
def test_an_amount_that_could_be_another_one_or_none_is_refused(cell):
    with pytest.raises(ValueError, match=r"\.$"):
        Amount(2, "EUR").parse(cell)


def test_an_amount_with_two_readings_names_both():
    with pytest.raises(ValueError, match=r"“1,234” can be read as 1\.234 or 1234\."):
        Amount(2, "EUR").parse("1,234")


def test_an_amount_has_the_currencys_digits():
    assert Amount(3, "KWD").parse("1.234") == Decimal("1.234")
    assert Amount(0, "JPY").parse("1,234") == 1234
    with pytest.raises(ValueError, match="more digits than JPY has"):
        Amount(0, "JPY").parse("12.5")


@pytest.mark.parametrize(("cell", "number"), [("12", 12), (12, 12), (12.0, 12), ("-4", -4), ("+4", 4), ("12.00", 12)])
def test_a_whole_number_is_read(cell, number):
    assert Whole(-10, 20).parse(cell) == number


@pytest.mark.parametrize(
    "cell", ["12.5", 12.7, "1_0", "٣", "NaN", "inf", float("inf"), float("nan"), True, "", "21", -11, 10**30, "9" * 13]
)
def test_what_is_no_whole_number_of_the_range_is_refused(cell):
    with pytest.raises(ValueError, match=r"\.$"):
        Whole(-10, 20).parse(cell)


@pytest.mark.parametrize(
    ("cell", "number"), [("0.35", "0.35"), ("12,5", "12.5"), (350, "350"), (0.25, "0.25"), ("7", "7")]
)
def test_a_measure_is_read(cell, number):
    assert Measure().parse(cell) == Decimal(number)


@pytest.mark.parametrize("cell", ["1,234", "1.23456", "-1", "NaN", "12 kg", False])
def test_what_is_no_measure_is_refused(cell):
    with pytest.raises(ValueError, match=r"\.$"):
        Measure().parse(cell)


@pytest.mark.parametrize(
    ("cell", "rate"), [("0.2100", "0.21"), (0.21, "0.21"), ("21%", "0.21"), ("0", "0"), ("1", "1")]
)
def test_a_tax_rate_is_a_fraction(cell, rate):
    assert Fraction().parse(cell) == Decimal(rate)


@pytest.mark.parametrize("cell", ["21", 21, "0.12345", "-0.1", "21.12345%"])
def test_a_tax_rate_above_one_is_refused_with_the_way_to_write_it(cell):
    with pytest.raises(ValueError, match=r"\.$"):
        Fraction().parse(cell)
