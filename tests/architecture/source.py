"""The project's own source, as the tests of its architecture read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("shop", "catalog", "inventory", "imports")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Each module's path and tree, without migrations."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())
