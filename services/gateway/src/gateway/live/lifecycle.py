"""What each person may see of an event, and its form on the wire. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

KEPT_MAX: Final = 1_000
KEPT_DAYS: Final = 7
PAGE: Final = 100
STREAMS_MAX: Final = 8
HEARTBEAT: Final = b": heartbeat\n\n"
#: The client waits a second before it connects again, then asks for what it missed.
OPENING: Final = b"retry: 1000\n: open\n\n"
#: Where processes tell each other for whom there is something new.
CHANNEL: Final = "gateway:live"
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class News:
    """Something that one person is to hear: once, by its id."""

    user_id: UUID
    event_id: UUID
    type_name: str
    data: dict[str, Any]
    occurred_at: datetime


def pack_people(people: Iterable[UUID]) -> bytes:
    """People as one message of the channel."""
    return b"".join(person.bytes for person in people)


def unpack_people(message: bytes) -> list[UUID]:
    """The people in a message of the channel; a part of an id is left out."""
    whole = len(message) // _ID_BYTES * _ID_BYTES
    return [UUID(bytes=message[at : at + _ID_BYTES]) for at in range(0, whole, _ID_BYTES)]


def view_for(user_id: UUID, type_name: str, data: dict[str, Any]) -> dict[str, Any]:
    """The event as this person may see it: the balances of others are left out."""
    if type_name != "ledger.TransferPosted":
        return data
    mine = str(user_id)
    entries = [
        entry
        if entry.get("owner_id") == mine
        else {name: value for name, value in entry.items() if name != "balance_after_minor"}
        for entry in data["entries"]
    ]
    return {**data, "entries": entries}


def read_event_id(text: str | None) -> int | None:
    """The number that a client saw last; nothing when it does not say.

    Raises:
        ValueError: It is no number of an event.
    """
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:  # noqa: PLR2004 - fits a bigint
        raise ValueError("the id of the last event is a whole number, as it was sent")
    return int(text)


def render_event(seq: int, type_name: str, data: str) -> bytes:
    """One event in the form of SSE; `data` is JSON on one line."""
    return f"id: {seq}\nevent: {type_name}\ndata: {data}\n\n".encode()


def render_gap(after: int, first: int) -> bytes:
    """Tells a client that what it missed is no longer kept: from `after` to before `first`."""
    return (
        f"id: {first - 1}\nevent: gateway.EventsForgotten\n"
        f'data: {{"after":{after},"before":{first}}}\n\n'
    ).encode()
