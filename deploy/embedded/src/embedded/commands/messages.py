"""`localex messages`: what would have been sent to people by e-mail and SMS."""

import json
from typing import Final

from cyclopts import App

from embedded.commands.options import DataOption
from embedded.places import Places

SHOWN_MAX: Final = 1000


def register(app: App) -> None:
    """Add the command."""
    app.command(messages)


def messages(*, to: str | None = None, limit: int = 10, data: DataOption = None) -> None:
    """Show the newest e-mails and SMS that were not sent: this machine sends none.

    Args:
        to: Only those to this address or number.
        limit: At most this many, up to 1,000.
        data: The data folder of the stack.
    """
    path = Places.of(data).messages_file
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    letters = [letter for letter in map(json.loads, lines) if to in {None, letter["to"]}]
    for letter in letters[-min(max(limit, 1), SHOWN_MAX) :]:
        print(f"{letter['kind']} to {letter['to']}: {letter['subject']}\n{letter['text']}")
    if not letters:
        print("nothing was sent")
