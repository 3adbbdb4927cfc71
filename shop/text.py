"""Text as it is kept: the same by whichever door it came in."""

import re

LONGEST = 32_767
"""Characters in one text: what a spreadsheet cell can hold, so that every text survives an export."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SPACES = " \t\n\r\u00a0\ufeff"


def clean(value: str) -> str:
    """The text without surrounding spaces (non-breaking ones too) and with LF line ends.

    Raises `ValueError` with one sentence when it holds a control character or half a character (which no database and
    no spreadsheet keeps), or is longer than `LONGEST`.
    """
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip(_SPACES)
    bad = _CONTROL.search(text)
    if bad:
        raise ValueError(f"It holds a character that cannot be stored (U+{ord(bad.group()):04X}). Remove it.")
    if len(text) > LONGEST:
        raise ValueError(f"It is {len(text):,} characters long; at most {LONGEST:,} are kept.")
    return text


def fold(*values: str) -> str:
    """The texts as they are searched: case-folded, joined by spaces."""
    return " ".join(value.casefold() for value in values if value)
