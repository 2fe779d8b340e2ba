"""A statement as PDF, page by page."""

import asyncio
import io
import unicodedata
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import reportlab
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from contracts.money import render_amount
from ledger.statements.digest import Digest, write_time
from ledger.statements.models import Facts, Row

MEDIA_TYPE: Final = "application/pdf"
_FONT, _BOLD = "Vera", "VeraBd"
_SIZE, _SMALL, _LEADING = 8, 6, 10
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, int(A4[0]) - 40, int(A4[1]) - 50, 50
#: Where columns begin, or end for figures.
_WHAT, _AMOUNT, _BALANCE = 130, 440, _RIGHT
_WHAT_WIDTH: Final = 230
#: Nothing that people write is longer; what is, is cut with a mark that says so.
_LINES_MAX: Final = 12


def _known() -> frozenset[int]:
    """The characters that the font can show. Fonts come with the library."""
    folder = Path(reportlab.__file__).parent / "fonts"
    fonts = [TTFont(name, str(folder / f"{name}.ttf")) for name in (_FONT, _BOLD)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    shown: set[int] = set(fonts[0].face.charToGlyph)
    return frozenset(shown & set(fonts[1].face.charToGlyph))


_KNOWN: Final = _known()


def show_text(text: str) -> str:
    """Text as the font can show it: what it can't is written as its code point.

    So nothing is left out or looks like something else: `{U+0915}`.
    """
    return "".join(
        character
        if ord(character) in _KNOWN and unicodedata.category(character)[0] != "C"
        else f"{{U+{ord(character):04X}}}"
        for character in unicodedata.normalize("NFC", text)
    )


async def write_paper(facts: Facts, pages: AsyncIterator[list[Row]]) -> bytes:
    """The file. The same facts and entries make the same bytes.

    Args:
        facts: What the statement says besides its entries.
        pages: Its entries.
    """
    paper = _Paper(facts)
    async for page in pages:
        for number, row in enumerate(page):
            paper.add(row)
            if number % 20 == 0:
                # Others have their turn: a page takes some milliseconds.
                await asyncio.sleep(0)
    return await asyncio.to_thread(paper.close)


class _Paper:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._digest = Digest(facts)
        self._buffer = io.BytesIO()
        self._canvas = Canvas(self._buffer, pagesize=A4, invariant=1, pageCompression=1)
        self._canvas.setTitle(f"Statement of account {facts.account_id}")
        self._canvas.setAuthor("LocalEx")
        self._y = _TOP
        self._page = 0
        self._begin_page()
        self._head()

    def add(self, row: Row) -> None:
        """Write an entry; its lines stay together."""
        self._digest.add(row)
        line = row.line
        texts = [line.kind, row.others, str(line.metadata.get("memo") or "")]
        what = [part for text in texts if text for part in self._wrap(text)]
        if len(what) > _LINES_MAX:
            what = [*what[: _LINES_MAX - 1], "(more of it is in the CSV file)"]
        self._room((len(what) + 1) * _LEADING + 4)
        self._text(_LEFT, f"{write_time(line.effective_at)[:16].replace('T', ' ')}")
        self._figure(_AMOUNT, self._amount(line.amount_minor))
        self._figure(_BALANCE, self._amount(row.balance_minor))
        for part in what:
            self._text(_WHAT, part)
            self._y -= _LEADING
        known = write_time(line.posted_at)
        self._small(f"entry {line.account_seq}, transfer {line.transfer_id}, known {known}")
        self._y -= 4

    def close(self) -> bytes:
        """Write the end; the file."""
        facts, closing = self._facts, self._amount(self._facts.closing_minor)
        self._room(14 * _LEADING)
        self._rule()
        self._text(_LEFT, "Closing balance", _BOLD)
        moved = facts.closing_minor - facts.opening_minor
        self._figure(_AMOUNT, self._amount(moved), _BOLD)
        self._figure(_BALANCE, closing, _BOLD)
        self._y -= 2 * _LEADING
        for text in self._proof():
            self._small(text)
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()

    def _proof(self) -> Iterator[str]:
        facts = self._facts
        opening = self._amount(facts.opening_minor)
        yield f"Opening {opening} and {facts.entries} entries make closing."
        yield f"Digest sha256:{self._digest.close()}"
        if facts.checkpoint:
            origin, size, root = facts.checkpoint.split("\n")[:3]
            yield f"Newest signed checkpoint: {show_text(origin)}, {size} transfers, {root}"
        else:
            yield "No checkpoint was signed yet."
        yield "The same period as known at the same time has the same digest, in CSV and PDF."
        yield "A receipt proves each transfer: GET /v1/transfers/{transfer}/proof, localex verify."
        yield f"End of the statement, {self._page} pages."

    def _head(self) -> None:
        facts = self._facts
        self._text(_LEFT, "Statement of account", _BOLD, 14)
        self._y -= 2 * _LEADING
        lines = [
            f"Account {facts.account_id}, {facts.account_type}, {facts.asset}, {facts.community}",
            f"From {write_time(facts.begins)} up to and without {write_time(facts.ends)}",
            f"By effective date, as known at {write_time(facts.known_at)}. Times are in UTC.",
        ]
        if facts.owner:
            lines.insert(0, facts.owner)
        for text in lines:
            for part in self._wrap(text, _RIGHT - _LEFT):
                self._text(_LEFT, part)
                self._y -= _LEADING
        self._y -= _LEADING
        self._columns()
        self._text(_LEFT, "Opening balance", _BOLD)
        self._figure(_BALANCE, self._amount(facts.opening_minor), _BOLD)
        self._y -= _LEADING + _LEADING // 2

    def _begin_page(self) -> None:
        self._page += 1
        self._y = _TOP
        self._canvas.setFont(_FONT, _SMALL)
        self._canvas.drawString(_LEFT, 30, f"Account {self._facts.account_id}")
        self._canvas.drawRightString(_RIGHT, 30, f"page {self._page}")

    def _columns(self) -> None:
        self._text(_LEFT, "Effective", _BOLD)
        self._text(_WHAT, "What, with whom", _BOLD)
        self._figure(_AMOUNT, "Amount", _BOLD)
        self._figure(_BALANCE, "Balance", _BOLD)
        self._y -= 4
        self._rule()

    def _rule(self) -> None:
        self._canvas.line(_LEFT, self._y, _RIGHT, self._y)
        self._y -= _LEADING + 2

    def _room(self, height: int) -> None:
        if self._y - height < _BOTTOM:
            self._canvas.showPage()
            self._begin_page()
            self._columns()

    def _wrap(self, text: str, width: int = _WHAT_WIDTH) -> Iterator[str]:
        """Lines that fit, broken at spaces where there are any."""
        shown = show_text(text)
        while shown:
            # No character that is shown is narrower than two points.
            fits = min(len(shown), width // 2)
            while pdfmetrics.stringWidth(shown[:fits], _FONT, _SIZE) > width:
                fits -= 1
            if fits < len(shown):
                fits = shown.rfind(" ", 1, fits + 1) if " " in shown[1 : fits + 1] else fits
            yield shown[:fits]
            shown = shown[fits:].lstrip(" ")

    def _text(self, x: int, text: str, font: str = _FONT, size: int = _SIZE) -> None:
        self._canvas.setFont(font, size)
        self._canvas.drawString(x, self._y, text)

    def _figure(self, x: int, text: str, font: str = _FONT) -> None:
        self._canvas.setFont(font, _SIZE)
        self._canvas.drawRightString(x, self._y, text)

    def _small(self, text: str) -> None:
        self._text(_WHAT if text.startswith("entry ") else _LEFT, text, size=_SMALL)
        self._y -= _LEADING - 1

    def _amount(self, minor: int) -> str:
        return render_amount(minor, self._facts.asset)
