"""Clean what is safe to clean, and say so. Pure."""

import re
from typing import Final

#: Runs that UTF-8 text shows after it was read as Windows-1252: a lead byte and what follows.
_MOJIBAKE: Final = re.compile(
    "[\u00c2-\u00c3\u00e2][\u0080-\u00bf\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u20ac\u2122"
    "\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2030\u2039\u203a]{1,2}"
)
_SPACES: Final = re.compile("[\u00a0\u2007\u202f\ufeff]")
_BLANKS: Final = re.compile(r"\s+")


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 that was read as Windows-1252, only where the undoing is certain."""
    return _MOJIBAKE.sub(_repair_run, text)


def _repair_run(found: re.Match[str]) -> str:
    run = found[0]
    raw = bytearray()
    for letter in run:
        try:
            raw += letter.encode("cp1252")
        except UnicodeEncodeError:
            # Windows-1252 has five holes; programs that read it let those bytes through.
            if ord(letter) > 0xFF:  # noqa: PLR2004 - the last byte
                return run
            raw.append(ord(letter))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return run


def clean_text(text: str) -> tuple[str, list[str]]:
    """Text as it should be kept, and the rules by which it was changed.

    Non-breaking spaces become spaces, runs of white space one space. Dashes, quotes, accents
    and letters of any script stay as they are.
    """
    rules = []
    repaired = repair_mojibake(text)
    if repaired != text:
        rules.append("mojibake")
    spaced = _SPACES.sub(" ", repaired)
    if spaced != repaired:
        rules.append("spaces")
    return _BLANKS.sub(" ", spaced).strip(), rules
