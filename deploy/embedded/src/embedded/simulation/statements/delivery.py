"""The chassis' statements: outbox, relay, inbox, dead letters, timers, stored answers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chassis import dead_letters, idempotency, inbox, outbox, relay, timers
from chassis.audit import record
from embedded.simulation.statements import Session, Transaction, does, rows_of

type Row = dict[str, Any]
type Arguments = tuple[Any, ...]

_LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)


@does(outbox.INSERT_EVENTS)
async def insert_events(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Rows in order; their numbers are drawn before the commit."""
    rows = rows_of("event_id topic key part headers payload", *arguments)
    for row in rows:
        number = tx.store.next_number()
        row |= {"id": number, "created_at": _LONG_AGO, "attempts": 0, "failed": False}
        tx.put("outbox", number, row)
    return rows


@does(record.INSERT_ACTS)
async def insert_acts(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Rows of the audit log, which nothing in a simulated world reads."""
    for row in rows_of(
        "id action actor_id actor_name entity entity_id before after reason address agent "
        "session_id correlation_id",
        *arguments,
    ):
        tx.put("audit_event", row["id"], row)
    return []


@does(relay.CLAIM_PARTS)
async def claim_parts(session: Session, _tx: Transaction, arguments: Arguments) -> list[Row]:
    """Advisory locks of the session, those that nobody has."""
    advisory = session.store.advisory
    return [
        {"part": part} for part in arguments[0] if advisory.setdefault(part, session) is session
    ]


@does("SELECT pg_advisory_unlock_all()")
async def unlock_all(session: Session, _tx: Transaction, _arguments: Arguments) -> list[Row]:
    """Give the parts back."""
    session.unlock_all()
    return []


@does("SET synchronous_commit = off")
@does("RESET synchronous_commit")
async def set_commit(_session: Session, _tx: Transaction, _arguments: Arguments) -> list[Row]:
    """Nothing: no simulated machine loses its memory together with its processes."""
    return []


@does(relay.SELECT_PENDING)
async def select_pending(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Unpublished rows, part by part in id order; what is published is in another table."""
    parts, limit = arguments
    waiting: dict[int, list[Row]] = {part: [] for part in parts}
    for row in sorted(tx.rows("outbox"), key=lambda row: row["id"]):
        if row["part"] in waiting and not row["failed"]:
            waiting[row["part"]].append(row)
    return [row for part in parts for row in waiting[part][:limit]]


@does(relay.MARK_PUBLISHED)
async def mark_published(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Take rows out of what waits."""
    for number in arguments[1]:
        row = await tx.lock("outbox", number)
        if row and not row["failed"]:
            tx.drop("outbox", number)
            tx.put("published", number, row)
    return []


@does(relay.MARK_ATTEMPT)
async def mark_attempt(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Count a refusal by the broker; the last one gives the row up."""
    _, number, _, attempts_max = arguments
    row = await tx.lock("outbox", number)
    if row is None:
        return []
    attempts = row["attempts"] + 1
    tx.put("outbox", number, row | {"attempts": attempts, "failed": attempts >= attempts_max})
    return [{"failed_at": attempts >= attempts_max or None}]


@does(relay.SELECT_BACKLOG)
async def select_backlog(_session: Session, tx: Transaction, _arguments: Arguments) -> list[Row]:
    """How much waits."""
    return [{"pending": len(tx.store.table("outbox")), "oldest_seconds": 0.0}]


@does(inbox.INSERT_SEEN)
async def insert_seen(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Enter what was not there; whoever enters the same at the same time is waited for."""
    consumer, ids = arguments
    new = [
        event_id
        for event_id in ids
        if await tx.insert("inbox", _place(consumer, event_id), "PROCESSED")
    ]
    return [{"new": new}]


def _place(consumer: str, event_id: UUID) -> tuple[str, date, UUID]:
    return consumer, inbox.Delivery.day_of(event_id), event_id


@does(inbox.UPSERT_OUTCOME)
async def upsert_outcome(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Enter what became of a message, also of one that is known."""
    consumer, day, event_id, outcome, _ = arguments
    await tx.upsert("inbox", (consumer, day, event_id), outcome)
    return []


@does(dead_letters.INSERT_DEAD_LETTER)
async def insert_dead_letter(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Keep a message that is given up, once."""
    where = arguments[:4]
    new = await tx.insert("dead_letter", where, {"where": where, "reason": arguments[9]})
    return [{"id": tx.store.next_number()}] if new else []


@does(timers.UPSERT_TIMER)
async def upsert_timer(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Set a timer, or move it."""
    kind, key, due_at = arguments
    row = {"kind": kind, "key": key, "due_at": due_at, "attempts": 0}
    await tx.upsert("timer", (kind, key), row)
    return []


@does(timers.HOLD_TIMER)
async def hold_timer(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Lock a timer; whoever holds it is waited for."""
    return [{}] if await tx.lock("timer", arguments) else []


@does(timers.DELETE_TIMER)
async def delete_timer(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Forget a timer; whoever holds it is waited for."""
    if await tx.lock("timer", arguments):
        tx.drop("timer", arguments)
    return []


def _due(tx: Transaction, kinds: list[str], now: datetime) -> list[Row]:
    found = [
        row
        for row in tx.rows("timer")
        if row["due_at"] <= now
        and row["kind"] in kinds
        and tx.is_free("timer", (row["kind"], row["key"]))
    ]
    return sorted(found, key=lambda row: (row["due_at"], row["key"]))


@does(timers.TAKE_DUE)
async def take_due(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Lock the first that is due and that nobody holds."""
    now, kinds = arguments
    for row in _due(tx, kinds, now)[:1]:
        await tx.hold("timer", (row["kind"], row["key"]))
        return [row]
    return []


@does(timers.TAKE_OTHERS)
async def take_others(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Take more that are due and that nobody holds."""
    kind, now, limit = arguments
    found = _due(tx, [kind], now)[:limit]
    for row in found:
        await tx.hold("timer", (kind, row["key"]))
        tx.drop("timer", (kind, row["key"]))
    return [{"key": row["key"]} for row in found]


@does(timers.POSTPONE)
async def postpone(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Try a timer again later, and later each time."""
    kind, key, _, now = arguments
    if row := await tx.lock("timer", (kind, key)):
        pause = min(timedelta(seconds=1 << min(row["attempts"], 8)), timedelta(minutes=5))
        later = {"attempts": row["attempts"] + 1, "due_at": now + pause}
        tx.put("timer", (kind, key), row | later)
    return []


@does(idempotency.HOLD_ANSWERS)
async def hold_answers(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Hold keys in one order for everybody, then read what was answered to them."""
    keys = sorted(set(zip(*arguments, strict=True)))
    for key in keys:
        await tx.hold("answer_key", key)
    return [row for key in keys if (row := tx.get("answer", key))]


@does(idempotency.INSERT_ANSWERS)
async def insert_answers(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Keep answers."""
    names = "owner key route content_hash field_salt field_hashes status headers body"
    for row in rows_of(names, *arguments):
        key = (row["owner"], row["key"])
        if not await tx.insert("answer", key, row | {"created_at": _LONG_AGO}):
            raise RuntimeError(f"idempotent_answer_pkey: {key}")
    return []
