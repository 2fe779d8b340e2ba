"""Planted bugs: what the simulation must catch, or it proves nothing.

Each takes a guard out of the real code for a while, as a careless change would.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from chassis import consumer, idempotency, inbox, outbox, relay
from chassis.columns import SEPARATOR
from chassis.relay import BATCH_MAX, MARK_PUBLISHED, SELECT_PENDING, Relay
from chassis.sending import KafkaSender
from embedded.simulation import process
from embedded.simulation.process import Member
from ledger.journal import collect, lifecycle, post, post_decided, queries
from ledger.reservations import expire

type Plant = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Bug:
    """A mistake that somebody could make."""

    says: str
    plant: Plant


@contextmanager
def instead(*changes: tuple[object, str, object]) -> Iterator[None]:
    """Put other things in the place of names, and back again."""
    with ExitStack() as stack:
        for owner, name, value in changes:
            stack.callback(partial(setattr, owner, name, getattr(owner, name)))
            setattr(owner, name, value)
        yield


def _inbox_check_skipped() -> AbstractContextManager[None]:
    async def all_of_them(conn: Any, group: str, deliveries: Sequence[Any]) -> list[Any]:
        await inbox.first_seen(conn, group, deliveries)
        return list(deliveries)

    return instead((consumer, "first_seen", all_of_them))


def publish_before_commit(sender_of: Callable[[Any], Any]) -> AbstractContextManager[None]:
    """Have events leave by the sender of a connection, before its transaction is committed."""
    write, call = outbox.write_events, queries.post_decided

    async def at_once(conn: Any, prepared: outbox.PreparedEvents) -> tuple[UUID, ...]:
        written = await write(conn, prepared)
        for _, topic, key, _, headers, payload in zip(*prepared.columns, strict=True):
            row = {"topic": topic, "key": key, "headers": headers, "payload": payload}
            await sender_of(conn).send([row])
        return written

    async def with_call(conn: Any, *arguments: Any, **columns: Any) -> str:
        _, topics, keys, _, headers, payloads = (
            column.split(SEPARATOR) for column in columns["events"]
        )
        for topic, key, head, payload in zip(topics, keys, headers, payloads, strict=True):
            row = {"topic": topic, "key": key, "headers": head, "payload": payload}
            await sender_of(conn).send([row])
        return await call(conn, *arguments, **columns)

    return instead(
        (outbox, "write_events", at_once),
        (post, "write_events", at_once),
        (queries, "post_decided", with_call),
    )


def _entry_dropped() -> AbstractContextManager[None]:
    insert, entries = queries.insert_postings, queries._entries_in_columns  # noqa: SLF001 - as below

    def cut(posted: Sequence[Any]) -> list[Any]:
        return [
            replace(one, entries=one.entries[:-1]) if len(one.entries) > 2 else one
            for one in posted
        ]

    async def careless(conn: Any, posted: Sequence[Any]) -> None:
        await insert(conn, cut(posted))

    def careless_too(posted: Sequence[Any]) -> list[str]:
        return entries(cut(posted))

    return instead(
        (queries, "insert_postings", careless), (queries, "_entries_in_columns", careless_too)
    )


def _outflow_forgotten() -> AbstractContextManager[None]:
    async def as_they_are(_conn: Any, positions: Any, _until: datetime) -> Any:
        return positions

    return instead((queries, "add_outflows", as_they_are))


def _float_rounding() -> AbstractContextManager[None]:
    exact = lifecycle._continue  # noqa: SLF001 - the bug is planted inside

    def rounded(*arguments: Any) -> Any:
        entry = exact(*arguments)
        return replace(entry, balance_after_minor=int(float(entry.balance_after_minor)))

    return instead((lifecycle, "_continue", rounded))


def _cursor_relay() -> AbstractContextManager[None]:
    cursors: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    async def beyond_cursor(self: Any, conn: Any) -> bool:
        last = cursors.get(conn.store, 0)
        rows = await conn.fetch(SELECT_PENDING, self._owned, BATCH_MAX) if self._owned else []
        fresh = [row for row in rows if row["id"] > last]
        done, failed = relay.acknowledged_prefix(fresh, await self._sender.send(fresh))
        if done and not failed:
            ids = [row["id"] for row in done]
            await conn.execute(MARK_PUBLISHED, [row["created_at"] for row in done], ids)
            cursors[conn.store] = max(ids)
        return False

    return instead((Relay, "_publish_batch", beyond_cursor))


def _offset_first() -> AbstractContextManager[None]:
    async def hand_out(self: Any, records: list[Any]) -> None:
        await self.commit(records)
        await self._consumer.handle(records)

    return instead((Member, "hand_out", hand_out))


def _expiry_twice() -> AbstractContextManager[None]:
    def whatever_its_state(held: Any, moved_by: UUID, now: datetime) -> Any:
        if now < held.expires_at or held.state not in ("ACTIVE", "EXPIRED"):
            return None
        gone = held.released_minor if held.state == "EXPIRED" else held.remaining_minor
        return replace(
            held,
            released_minor=held.released_minor + gone,
            state="EXPIRED",
            changed_at=now,
            version=held.version + 1,
            moved_by=moved_by,
        )

    async def twice(conn: Any, key: str, now: datetime) -> None:
        await expire.expire_reservations(conn, key, now)
        await expire.expire_reservations(conn, key, now)

    return instead((expire, "expire", whatever_its_state), (process, "expire_reservations", twice))


def _answer_not_stored() -> AbstractContextManager[None]:
    async def forget(_conn: Any, _answered: Any) -> None:
        """Store nothing."""

    def under_another_key(requests: Sequence[Any]) -> list[str]:
        return plainly([replace(one, key=f"lost {one.key}") for one in requests])

    plainly = idempotency.ask_in_columns
    return instead(
        (idempotency, "store_answers", forget),
        (collect, "store_answers", forget),
        (post_decided, "ask_in_columns", under_another_key),
    )


def _unacknowledged_marked() -> AbstractContextManager[None]:
    def all_done(rows: Sequence[Any], _errors: object) -> tuple[list[Any], list[Any]]:
        return list(rows), []

    return instead((relay, "acknowledged_prefix", all_done))


def _key_order_lost() -> AbstractContextManager[None]:
    send = KafkaSender.send

    async def newest_first(self: Any, rows: Sequence[Any]) -> Any:
        errors = await send(self, list(reversed(rows)))
        return list(reversed(errors))

    return instead((KafkaSender, "send", newest_first))


def _batch_handled_backwards() -> AbstractContextManager[None]:
    apply = consumer.Consumer.apply

    async def backwards(self: Any, conn: Any, fresh: Sequence[Any]) -> None:
        await apply(self, conn, list(reversed(fresh)))

    return instead((consumer.Consumer, "apply", backwards))


class _Keeping:
    """A connection whose user forgets to give its locks back."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)

    async def execute(self, sql: str, *arguments: Any) -> Any:
        if "pg_advisory_unlock_all" not in sql:
            return await self._conn.execute(sql, *arguments)
        return "SELECT 1"


def _locks_kept() -> AbstractContextManager[None]:
    relay_on = Relay._relay_on  # noqa: SLF001 - the bug is planted inside

    async def keeping(self: Any, conn: Any) -> None:
        await relay_on(self, _Keeping(conn))

    return instead((Relay, "_relay_on", keeping))


BUGS: Final[dict[str, Bug]] = {
    "inbox-check-skipped": Bug("a message delivered twice is handled twice", _inbox_check_skipped),
    "published-before-commit": Bug(
        "events leave before their commit",
        partial(publish_before_commit, lambda conn: conn.host.sender),
    ),
    "entry-dropped": Bug("a fee's entry is not written", _entry_dropped),
    "outflow-forgotten": Bug("what went out before is not counted", _outflow_forgotten),
    "float-rounding": Bug("a balance has been a float once", _float_rounding),
    "cursor-relay": Bug("the relay reads beyond the last id it sent", _cursor_relay),
    "offset-first": Bug("the offset is committed before the effect", _offset_first),
    "expiry-twice": Bug("what has expired can expire again", _expiry_twice),
    "answer-not-stored": Bug("the answer to a key is not stored", _answer_not_stored),
    "unacknowledged-marked": Bug("what Kafka did not take is marked", _unacknowledged_marked),
    "locks-kept": Bug("a relay gives its connection back with its locks", _locks_kept),
    "key-order-lost": Bug("a batch is sent newest first", _key_order_lost),
    "batch-handled-backwards": Bug(
        "of a batch the newest message takes effect first", _batch_handled_backwards
    ),
}
