"""import_products and export_products, as typed."""

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product, Variant
from imports.management.commands import import_products
from tests.factories import make_variant
from tests.imports.sheets import snapshot, write

pytestmark = pytest.mark.django_db


def test_an_import_tells_what_it_did_in_sentences(tmp_path, capsys):
    path = write(tmp_path / "a.csv", ["XX_Title_Short", "Stock_Track", "Colour"], ["Mug", "Y", "red"])
    call_command("import_products", str(path))
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "This file was read as new products: no row names a variant that exists.",
        "Columns that were ignored: Colour.",
        "All rows: 1.",
        "Changed: 0. Stock level changes: 0.",
        "New products: 1, in 1 rows.",
        "No change: 0.",
        "Errors: 0.",
    ]
    assert err == ""
    assert Product.objects.get().title == "Mug"


def test_errors_are_told_by_row_and_column_and_the_exit_status_is_one(tmp_path, capsys):
    variant = make_variant()
    path = write(tmp_path / "a.csv", ["Internal_Variant_ID", "Stock_Track"], [variant.pk, "x"])
    with pytest.raises(SystemExit) as ended:
        call_command("import_products", str(path), "--errors", str(tmp_path / "bad.xlsx"))
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert err == "row 2, Stock_Track: “x” is neither Y nor N. Write Y or N.\n"
    assert f"are in {tmp_path / 'bad.xlsx'}." in out
    assert (tmp_path / "bad.xlsx").exists()


def test_a_dry_run_has_the_same_exit_status_and_writes_nothing(tmp_path, capsys):
    variant = make_variant()
    before = snapshot()
    good = write(tmp_path / "good.csv", ["Internal_Variant_ID", "Price"], [variant.pk, "1"])
    call_command("import_products", str(good), "--dry-run")
    assert "This was a dry run: nothing was imported." in capsys.readouterr().out
    bad = write(tmp_path / "bad.csv", ["Internal_Variant_ID", "Price"], [variant.pk, "x"])
    with pytest.raises(SystemExit):
        call_command("import_products", str(bad), "--dry-run")
    assert snapshot() == before


def test_stop_on_error_says_that_nothing_was_imported(tmp_path, capsys):
    variant = make_variant()
    path = write(tmp_path / "a.csv", ["Internal_Variant_ID", "Price"], [variant.pk, "1"], [999, "1"])
    with pytest.raises(SystemExit):
        call_command("import_products", str(path), "--stop-on-error")
    assert "Nothing was imported, because a row has an error." in capsys.readouterr().out
    assert Variant.objects.get().price == 12.5


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"SKU\n\x00"])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, content):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("import_products", str(path))
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_an_unknown_language_is_told_with_the_way_to_add_it(tmp_path, capsys):
    variant = make_variant()
    path = write(tmp_path / "a.csv", ["Internal_Variant_ID", "DE_Title_Short"], [variant.pk, "Becher"])
    call_command("import_products", str(path))
    assert "Columns in DE were not matched" in capsys.readouterr().out
    call_command("import_products", str(path), "--add-languages")
    assert variant.product.texts.get(language="DE").title == "Becher"


def test_an_export_says_how_many_variants_it_holds(tmp_path, capsys):
    make_variant(sku="007")
    path = tmp_path / "out.csv"
    call_command("export_products", str(path), "--columns", "SKU,Price")
    assert capsys.readouterr().out == f"1 variants were exported to {path}.\n"
    assert path.read_text(encoding="utf-8-sig") == "SKU,Price\n007,12.50\n"


@pytest.mark.parametrize(("name", "columns"), [("out.ods", ""), ("no/such/out.csv", ""), ("out.csv", "SKU,Nothing")])
def test_an_export_that_cannot_be_written_is_one_sentence(tmp_path, name, columns):
    with pytest.raises(CommandError, match=r"\.$"):
        call_command("export_products", str(tmp_path / name), "--columns", columns)


def test_the_bar_shows_only_on_a_terminal(capsys):
    with import_products.Bar() as bar:
        bar.show("Reading", 1, 0)
        bar.show("Writing", 1, 2)
        bar.show("Writing", 2, 2)
    assert capsys.readouterr().err == ""
