"""O6: what is remembered on the way is what is true: sessions, and what searches have found.

Asked through the gateway, as clients do, when everything has come to rest.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from embedded.torture.client import AGAIN, Clients
from embedded.torture.oracles.findings import Violation, limited
from embedded.torture.world import Inhabited

#: For so long a session may be known after its end, should whoever was to say so have died.
SESSION_SECONDS: Final = 31.0
#: Searches see what was written within a second, and remember an answer for as long.
FOUND_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 20.0
_ASK_EVERY_SECONDS: Final = 0.5
_ASKED_MAX: Final = 150
_AT_ONCE: Final = 8
_OK: Final = 200
_UNAUTHENTICATED: Final = 401
_MISSING: Final = 404

type Answered = Callable[[int, Any], bool]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked for, the answer that is right, and from when on it must be."""

    subject: str
    path: str
    token: str
    wanted: str
    is_right: Answered
    due_at: float


async def caches_agree(clients: Clients, world: Inhabited) -> list[Violation]:
    """O6: sessions that were ended are not known, others are; what was withdrawn is not found."""
    waiting = iter([*_sessions(clients, world), *_items(clients, world)])
    found: list[tuple[str, str]] = []

    async def work() -> None:
        for question in waiting:
            wrong = await _ask(clients, question)
            if wrong:
                found.append((question.subject, wrong))

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())
    return limited("O6", found)


async def _ask(clients: Clients, question: Question) -> str | None:
    """What is wrong with the answer, as soon as it has to be right."""
    until = max(question.due_at, time.monotonic()) + _PATIENCE_SECONDS
    while True:
        asked_at = time.monotonic()
        status, answer, _ = await clients.ask("GET", question.path, question.token)
        if question.is_right(status, answer):
            return None
        is_answer = status != 0 and status not in AGAIN
        if asked_at > (question.due_at if is_answer else until):
            return f"was answered {status}, and {question.wanted}"
        await asyncio.sleep(_ASK_EVERY_SECONDS)


def _sessions(clients: Clients, world: Inhabited) -> Iterator[Question]:
    history = clients.history
    for token, at in [*history.ended.items()][-_ASKED_MAX:]:
        subject = f"a session that ended at {at:.3f}"
        over = _with_status(_UNAUTHENTICATED)
        yield Question(subject, "/v1/me", token, "it is over", over, at + SESSION_SECONDS)
    for token in (*(one.token for one in world.people[:_ASKED_MAX]), *world.spare[:_ASKED_MAX]):
        yield Question("a session", "/v1/me", token, "it stands", _with_status(_OK), 0.0)


def _items(clients: Clients, world: Inhabited) -> Iterator[Question]:
    """Of items by a word of their own; those that nobody knows whether they are withdrawn not."""
    operations = clients.history.operations
    tried = {one.path.split("/")[3]: one for one in operations if one.kind == "withdrawal"}
    listed = [
        one
        for one in operations
        if one.kind == "list" and one.outcome == "acknowledged" and one.body["title"][:4] == "lamp"
    ]
    due_at = time.monotonic() + FOUND_SECONDS
    for one in listed[-_ASKED_MAX:]:
        item, word = one.answer["id"], one.body["title"].split()[0]
        wish = tried.get(item)
        if wish and wish.outcome == "unknown":
            continue
        gone = wish is not None and wish.outcome == "acknowledged"
        viewer = next(person for person in world.people if person.id != one.person)
        wanted = "it is withdrawn" if gone else "it is on offer"
        for path, is_right in (
            (f"/v1/items/{item}", _with_status(_MISSING if gone else _OK)),
            (f"/v1/search?q={word}", _with_item(item, found=not gone)),
        ):
            yield Question(f"{path} of {item}", path, viewer.token, wanted, is_right, due_at)


def _with_status(wanted: int) -> Answered:
    return lambda status, _answer: status == wanted


def _with_item(item: str, *, found: bool) -> Answered:
    return lambda status, answer: (
        status == _OK and (item in {hit["id"] for hit in answer["items"]}) == found
    )
