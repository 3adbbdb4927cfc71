"""What axe finds on a page. A module that imports this is skipped, and says so, where Playwright is not installed."""

from typing import Any

import pytest

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="Playwright is missing: pip install -r requirements-test.txt"
)

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def violations(page: Any) -> list[tuple[str, list[Any]]]:
    """Each broken rule of WCAG 2.2 AA with the first places where it is broken."""
    found = axe.Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]
