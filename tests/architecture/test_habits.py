"""Habits that cost other projects dearly, and the arrows between the packages."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, modules


def bad_habits(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line number and name of each habit that the tree shows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("bulk_update", "abulk_update"):
            yield node.lineno, "bulk_update builds one CASE per row and column: use shop.bulk.update_rows"
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node) and not _raises(node):
            yield node.lineno, "catches every exception and goes on"


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or getattr(one, "id", "") in ("Exception", "BaseException") for one in caught)


def _raises(handler: ast.ExceptHandler) -> bool:
    """Whether it ends in a raise: turning anything into a sentence at the start of the program is no swallowing."""
    return isinstance(handler.body[-1], ast.Raise)


def test_the_source_has_no_bad_habits():
    assert [f"{path}:{line} {habit}" for path, tree in modules() for line, habit in bad_habits(tree)] == []


@pytest.mark.parametrize(
    "snippet",
    [
        "Variant.objects.bulk_update(rows, ['price'])",
        "try:\n    act()\nexcept Exception:\n    pass",
        "try:\n    act()\nexcept (ValueError, Exception) as error:\n    log(error)",
        "try:\n    act()\nexcept BaseException:\n    return",
        "try:\n    act()\nexcept:\n    pass",
    ],
)
def test_a_bad_habit_would_be_found(snippet):
    assert len(list(bad_habits(ast.parse(snippet)))) == 1


@pytest.mark.parametrize(
    "snippet",
    [
        "try:\n    act()\nexcept ValueError:\n    pass",
        "try:\n    act()\nexcept Exception as error:\n    raise Wrong from error",
    ],
)
def test_a_good_habit_is_left_alone(snippet):
    assert list(bad_habits(ast.parse(snippet))) == []


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_arrows_between_the_packages_are_kept():
    linted = lint_imports(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "0 broken" in linted.stdout


def test_a_broken_arrow_would_be_found(tmp_path):
    for name, text in {"inventory": "", "catalog": "import inventory\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text)
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_packages =\n    inventory\n    catalog\n"
        "[importlinter:contract:1]\nname = layers\ntype = layers\nlayers =\n    inventory\n    catalog\n"
    )
    linted = lint_imports(tmp_path)
    assert linted.returncode == 1
    assert "catalog is not allowed to import inventory" in linted.stdout
