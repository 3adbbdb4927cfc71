"""Sentences with `code` and **strong** words in them, as HTML."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def inline(text: str) -> SafeString:
    """One paragraph: everything escaped, then backticks and double stars turned into elements."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return mark_safe(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html))


@register.filter
def breakable(path: str) -> SafeString:
    """A path of names that may go on in a new line after each dot, and nowhere else."""
    return mark_safe(escape(path).replace(".", ".<wbr>"))


@register.filter
def prose(text: str) -> SafeString:
    """Paragraphs, parted by empty lines."""
    return mark_safe("".join(f"<p>{inline(part)}</p>" for part in re.split(r"\n\s*\n", text.strip()) if part))
