"""Amounts: decimals with exactly the currency's digits."""

from decimal import ROUND_HALF_UP, Decimal

# ISO 4217: the currencies whose smallest unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}  # fmt: skip


def digits(currency: str) -> int:
    """How many digits the currency has behind the point."""
    return _DIGITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount to the currency's smallest unit, halves up."""
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), rounding=ROUND_HALF_UP)


def show(amount: Decimal, currency: str) -> str:
    """The amount as text, for programs: `12.50`, never a float, never grouped."""
    return f"{rounded(amount, currency):f}"
