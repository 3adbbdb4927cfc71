"""No template holds what the content security policy forbids: in a browser it would be a dead control."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))

FORBIDDEN = {
    "an inline style": r"""\sstyle\s*=""",
    "a style element": r"<style\b",
    "an inline handler": r"""\son[a-z]+\s*=""",
    "an inline script": r"<script\b(?![^>]*\ssrc\s*=)",
    "hx-on": r"\shx-on\b",
    "computed hx-vals or hx-headers": r"""\shx-(?:vals|headers)\s*=\s*["'](?:js|javascript):""",
    "a trigger filter": r"""\shx-trigger\s*=\s*["'][^"']*\[""",
    "a script as an address": r"""(?:href|src|action)\s*=\s*["']\s*javascript:""",
    "somebody else's asset": r"""<(?:link|script|img|source|use)\b[^>]*\s(?:src|href)\s*=\s*["'](?:https?:)?//""",
}


def sins(text: str) -> list[str]:
    return [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(settings.BASE_DIR).as_posix())
def test_a_template_holds_nothing_that_the_policy_forbids(template: Path):
    assert sins(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "sin"),
    [
        ('<p style="color: red">', "an inline style"),
        ("<style>p {}</style>", "a style element"),
        ('<a onclick="go()">', "an inline handler"),
        ("<script>go()</script>", "an inline script"),
        ('<script type="module">go()</script>', "an inline script"),
        ('<b hx-on:click="go()">', "hx-on"),
        ("<b hx-vals='js:{a: 1}'>", "computed hx-vals or hx-headers"),
        ('<b hx-trigger="keyup[ctrlKey]">', "a trigger filter"),
        ('<a href="javascript:go()">', "a script as an address"),
        ('<script src="https://cdn.example/x.js"></script>', "somebody else's asset"),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', "somebody else's asset"),
    ],
)
def test_the_lint_finds_each_of_them(text: str, sin: str):
    assert sins(text) == [sin]


def test_the_lint_lets_pass_what_is_meant():
    assert sins("""<a href="https://example.org/">Out</a><script src="{% static 'x.js' %}"></script>""") == []
    assert sins("""<b hx-trigger="every 1s" hx-headers='{"X-CSRFToken": "x"}' data-confirm="once">""") == []
