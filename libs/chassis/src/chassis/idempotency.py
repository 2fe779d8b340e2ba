"""Every write can be repeated: key, content hash and answer live in the effect's transaction.

| the key's state            | the same content            | other content                    |
| -------------------------- | --------------------------- | -------------------------------- |
| never used, or was refused | done now                    | done now                         |
| in progress elsewhere      | waits, then the same answer | waits, then 409                  |
| done                       | the same bytes again        | 409 with the fields that differ  |
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Final, Self

import orjson
from fastapi import Depends, Header, Response

from chassis import context
from chassis.audit.record import act_due, record_acts
from chassis.columns import join_column
from chassis.database import Connection, Database
from chassis.failpoints import reach
from chassis.problems import Malformed, Problem, Refused

HOLD_ANSWERS: Final = """
SELECT owner, key, route, content_hash, field_salt, field_hashes, status, headers, body, created_at
FROM hold_answers($1, $2)
"""
INSERT_ANSWERS: Final = """
INSERT INTO idempotent_answer (
    owner, key, route, content_hash, field_salt, field_hashes, status, headers, body
)
SELECT *
FROM unnest(
    $1::text [], $2::text [], $3::text [], $4::bytea [], $5::bytea [], $6::jsonb [],
    $7::smallint [], $8::jsonb [], $9::bytea []
)
"""
DELETE_OLD_ANSWERS: Final = """
DELETE FROM idempotent_answer WHERE (owner, key) IN (
    SELECT owner, key FROM idempotent_answer
    WHERE created_at < $1 ORDER BY created_at LIMIT 5000
)
"""
RETENTION_DAYS: Final = 30
KEY_MAX: Final = 128
SALT_BYTES: Final = 16


class IdempotencyKeyReused(Refused):
    """The key was used for another content; `differs` names the fields."""

    title = "This idempotency key was used for something else"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets, byte for byte, now and at each repeat.

    `kept`, if given, is what a repeat gets instead: an answer with a secret in it is told once and
    stored without.
    """

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    kept: bytes | None = None

    @classmethod
    def of(cls, status: int, content: Any, **headers: str) -> Self:
        """An answer with a JSON body; header names with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, orjson.dumps(content), named)

    def response(self, *, replayed: bool = False) -> Response:
        """As an HTTP response; a repeat says so in `Idempotency-Replayed`."""
        headers = {**self.headers, "Idempotency-Replayed": "true"} if replayed else self.headers
        return Response(self.body, self.status, headers, media_type="application/json")


class _Salts:
    """Random salts, many of which are asked of the machine at a time."""

    def __init__(self) -> None:
        self._left = b""

    def take(self) -> bytes:
        """The next one."""
        if not self._left:
            self._left = secrets.token_bytes(SALT_BYTES * 128)
        salt, self._left = self._left[:SALT_BYTES], self._left[SALT_BYTES:]
        return salt


_salts: Final = _Salts()


@dataclass(frozen=True)
class KeyedRequest:
    """A write as the client identified it. Hashes are made once, when they are first asked for."""

    owner: str
    key: str
    route: str
    content: Mapping[str, Any]

    @cached_property
    def content_hash(self) -> bytes:
        """SHA-256 over route and content, fields in order of name."""
        canonical = orjson.dumps(
            [self.route, dict(self.content)], default=str, option=orjson.OPT_SORT_KEYS
        )
        return hashlib.sha256(canonical).digest()

    @cached_property
    def seal(self) -> tuple[bytes, dict[str, str]]:
        """A new salt, and the hashes of the fields with it."""
        salt = _salts.take()
        return salt, self.field_hashes(salt)

    def field_hashes(self, salt: bytes) -> dict[str, str]:
        """A salted hash of each field, so that a difference can be named without keeping values."""
        salted = hashlib.blake2b(key=salt, digest_size=8)
        hashes: dict[str, str] = {}
        for name, value in self.content.items():
            one = salted.copy()
            one.update(orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS))
            hashes[name] = one.hexdigest()
        return hashes


def is_key(text: str) -> bool:
    """Whether a client may use this as its idempotency key."""
    return 0 < len(text) <= KEY_MAX and text.isprintable() and text.isascii()


async def _require_key(
    idempotency_key: Annotated[
        str | None, Header(alias="Idempotency-Key", max_length=KEY_MAX)
    ] = None,
) -> str:
    if idempotency_key is None or not is_key(idempotency_key):
        raise Malformed(
            "send an Idempotency-Key header of 1 to 128 printable characters, new for each wish",
            errors=[
                {
                    "field": "Idempotency-Key",
                    "rule": "required",
                    "message": "1 to 128 printable characters",
                }
            ],
        )
    return idempotency_key


#: A route's parameter: the client's key, checked.
IdempotencyKey = Annotated[str, Depends(_require_key)]


async def find_answer(conn: Connection, request: KeyedRequest) -> Answer | None:
    """The stored answer to this request; holds the key until the transaction ends.

    Raises:
        IdempotencyKeyReused: The key was used for another content.
    """
    [found] = await find_answers(conn, [request])
    if isinstance(found, IdempotencyKeyReused):
        raise found
    return found


async def find_answers(
    conn: Connection, requests: Sequence[KeyedRequest]
) -> list[Answer | IdempotencyKeyReused | None]:
    """The stored answer to each request, in order; holds the keys until the transaction ends."""
    await reach("idempotency.before_hold")
    rows = await conn.fetch(
        HOLD_ANSWERS,
        [request.owner for request in requests],
        [request.key for request in requests],
    )
    await reach("idempotency.after_hold")
    stored = {(row["owner"], row["key"]): row for row in rows}
    return [_answer_in(stored.get((r.owner, r.key)), r) for r in requests]


def _answer_in(row: Any, request: KeyedRequest) -> Answer | IdempotencyKeyReused | None:
    if row is None:
        return None
    if bytes(row["content_hash"]) == request.content_hash:
        return Answer(row["status"], bytes(row["body"]), row["headers"])
    then = row["field_hashes"]
    now = request.field_hashes(row["field_salt"])
    differs = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    if row["route"] != request.route:
        differs = ["route", *differs]
    return IdempotencyKeyReused(
        f"key {request.key!r} was used at {row['created_at']:%Y-%m-%d %H:%M:%S} UTC with other "
        f"content; use a new key, or send the same content",
        differs=differs,
    )


async def store_answer(conn: Connection, request: KeyedRequest, answer: Answer) -> None:
    """Keep the answer, in the transaction of the effect."""
    await store_answers(conn, [(request, answer)])


async def store_answers(conn: Connection, answered: Sequence[tuple[KeyedRequest, Answer]]) -> None:
    """Keep several answers, in the transaction of their effects; none is fine."""
    if not answered:
        return
    await reach("idempotency.before_store")
    await conn.execute(
        INSERT_ANSWERS,
        [request.owner for request, _ in answered],
        [request.key for request, _ in answered],
        [request.route for request, _ in answered],
        [request.content_hash for request, _ in answered],
        [request.seal[0] for request, _ in answered],
        [request.seal[1] for request, _ in answered],
        [answer.status for _, answer in answered],
        [answer.headers for _, answer in answered],
        [answer.body if answer.kept is None else answer.kept for _, answer in answered],
    )
    await reach("idempotency.after_store")


def ask_in_columns(requests: Sequence[KeyedRequest]) -> list[str]:
    """Owners and keys as columns: what `hold_answers` takes, within another statement."""
    return [
        join_column([request.owner for request in requests]),
        join_column([request.key for request in requests]),
    ]


def answer_in_columns(answered: Sequence[tuple[KeyedRequest, Answer]]) -> list[str]:
    """What `store_answers` would write but for owners and keys, as columns."""
    return [
        join_column([request.route for request, _ in answered]),
        join_column([request.content_hash.hex() for request, _ in answered]),
        join_column([request.seal[0].hex() for request, _ in answered]),
        join_column([orjson.dumps(request.seal[1]).decode() for request, _ in answered]),
        join_column([str(answer.status) for _, answer in answered]),
        join_column([orjson.dumps(answer.headers).decode() for _, answer in answered]),
        join_column([answer.body.decode() for _, answer in answered]),
    ]


async def answer_once(
    database: Database,
    request: KeyedRequest,
    perform: Callable[[Connection], Awaitable[Answer | Problem]],
) -> Response:
    """Do the write, or answer again what was answered before.

    A problem keeps no answer: a refused wish may be tried again under its key. One that is raised
    rolls everything back; one that is returned is told after the commit, and leaves what was
    written with it, such as a refused attempt. What people with power do is in the audit log, in
    the same transaction: as `perform` says it, else as it was asked for.

    Args:
        database: Where the effect and the key live.
        request: Owner, key, route and content.
        perform: The write, in an open transaction.

    Raises:
        IdempotencyKeyReused: The key was used for another content.
        Problem: What `perform` returned.
    """
    async with database.transaction() as conn:
        stored = await find_answer(conn, request)
        if stored is not None:
            return stored.response(replayed=True)
        done = await perform(conn)
        if isinstance(done, Answer):
            await store_answer(conn, request, done)
            due = act_due(request.route, request.content, request.owner)
            if due is not None and not context.audited.get():
                await record_acts(conn, due)
    await reach("idempotency.after_commit")
    if isinstance(done, Problem):
        raise done
    return done.response()


async def answer_again(database: Database, request: KeyedRequest) -> Response | None:
    """What was answered to this request before, for a wish that could not be understood today.

    Raises:
        IdempotencyKeyReused: The key was used for another content.
    """
    async with database.transaction() as conn:
        stored = await find_answer(conn, request)
    return None if stored is None else stored.response(replayed=True)


async def forget_old_answers(conn: Connection, now: datetime) -> int:
    """Delete answers past their retention, a bounded number at a time; returns how many."""
    deleted: str = await conn.execute(DELETE_OLD_ANSWERS, now - timedelta(days=RETENTION_DAYS))
    return int(deleted.rpartition(" ")[2])
