"""The ledger's statements: accounts, journal, escrow, reservations."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from chassis import idempotency, outbox
from chassis.columns import SEPARATOR
from embedded.simulation.session import STATEMENTS
from embedded.simulation.statements import Session, Transaction, does
from ledger.accounts import queries as accounts
from ledger.escrow import queries as escrow
from ledger.fees import queries as fees
from ledger.journal import queries as journal
from ledger.reservations import queries as reservations

type Row = dict[str, Any]
type Arguments = tuple[Any, ...]

_ACCOUNT = ("id", "owner_id", "type", "asset", "community")
_ESCROW: Final = (
    *("id", "payer_id", "payee_id", "asset", "amount_minor", "state", "version"),
    *("fee_minor", "funded_by", "settled_by", "reason", "refunded_minor", "gift_minor"),
)


@does(fees.SELECT_SCHEDULES)
async def select_schedules(_session: Session, _tx: Transaction, _arguments: Arguments) -> list[Row]:
    """None: the built-in fee is in force."""
    return []


@does(accounts.SELECT_OF_PEOPLE)
async def select_of_people(_session: Session, tx: Transaction, arguments: Arguments) -> list[Any]:
    """All accounts of some people."""
    owners = set(arguments[0])
    return [
        tuple(row[name] for name in _ACCOUNT)
        for row in tx.rows("account")
        if row["owner_id"] in owners
    ]


@does(accounts.SELECT_OF_SYSTEM)
async def select_of_system(_session: Session, tx: Transaction, arguments: Arguments) -> list[Any]:
    """A system account."""
    community, kind, asset, name = arguments
    return [
        (*(row[field] for field in _ACCOUNT), name)
        for row in tx.rows("account")
        if row["owner_id"] is None
        and (row["community"], row["type"], row["asset"]) == (community, kind, asset)
    ]


@does(journal.LOCK_ACCOUNTS)
async def lock_accounts(_session: Session, tx: Transaction, arguments: Arguments) -> list[Any]:
    """Lock in id order, then read the newest entries."""
    found = [one for one in sorted(set(arguments[0])) if await tx.lock("account", one)]
    return [_position(tx, account_id) for account_id in found]


def _position(tx: Transaction, account_id: Any) -> tuple[Any, ...]:
    account = tx.get("account", account_id)
    head = tx.get("head", account_id)
    floor, ceiling, soft_floor = account["floor_minor"], None, account["soft_floor_minor"]
    windows, limits = account["velocity"] or (None, None)
    seq, balance, held, at = head or (0, 0, 0, None)
    return (
        account_id,
        account["owner_id"],
        account["type"],
        account["asset"],
        None if floor is None else str(floor),
        ceiling,
        False,
        False,
        seq,
        str(balance),
        str(held),
        at,
        None if soft_floor is None else str(soft_floor),
        windows,
        limits,
    )


@does(journal.SELECT_POSITIONS)
async def select_positions(_session: Session, tx: Transaction, arguments: Arguments) -> list[Any]:
    """Read without a lock; no policy changes here."""
    return [(*_position(tx, one), 1) for one in arguments[0] if tx.get("account", one)]


@does(journal.SELECT_OUTFLOWS)
async def select_outflows(_session: Session, tx: Transaction, arguments: Arguments) -> list[Any]:
    """What has gone out of accounts in their windows."""
    until, *columns = arguments
    return [
        (account, place, str(_outflow(tx, account, until - timedelta(seconds=seconds), until)))
        for account, place, seconds in zip(*columns, strict=True)
    ]


def _outflow(tx: Transaction, account: UUID, after: datetime, until: datetime) -> int:
    head = tx.get("head", account)
    entries = [tx.get("entry", (account, seq)) for seq in range(1, head[0] + 1)] if head else []
    return sum(
        max(entry["held"] - entry["amount"], 0)
        for entry in entries
        if after < entry["posted_at"] <= until
    )


@does(journal.INSERT_POSTINGS)
async def insert_postings(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Transfers and entries; an account has one entry a place."""
    posted_at, *texts = arguments
    columns = [text.split("\x1f") for text in texts]
    for number, kind, count, *_ in zip(*columns[:8], strict=True):
        row = {"id": number, "kind": kind, "entry_count": int(count), "posted_at": posted_at}
        if not await tx.insert("transfer", number, row):
            raise asyncpg.UniqueViolationError(f"transfer_pkey: {number}")
    for account, seq, transfer, _, asset, amount, balance, held_after, held in zip(
        *columns[8:], strict=True
    ):
        place = (UUID(account), int(seq))
        row = {
            "place": place,
            "transfer": transfer,
            "asset": asset,
            "amount": int(amount),
            "balance": int(balance),
            "held_after": int(held_after),
            "held": int(held or 0),
            "posted_at": posted_at,
        }
        if not await tx.insert("entry", place, row):
            raise asyncpg.UniqueViolationError(f"entry_pkey: {place}")
        tx.put("head", place[0], (int(seq), int(balance), int(held_after), posted_at))
    return []


@does(journal.POST_DECIDED)
async def post_decided(session: Session, tx: Transaction, arguments: Arguments) -> list[Any]:
    """Keys, accounts in id order, then everything, if it still goes on from where they are."""
    posted_at, *tables = arguments
    asked, positions, transfers, entries, events, answers = (
        [column.split(SEPARATOR) for column in columns] for columns in tables
    )
    if await STATEMENTS[idempotency.HOLD_ANSWERS](session, tx, tuple(asked)):
        return [("answered",)]
    accounts = list(map(UUID, positions[0]))
    for account_id in accounts:
        await tx.lock("account", account_id)
    heads = [tx.get("head", one) or (0, 0, 0, None) for one in accounts]
    if heads != [_head(*one) for one in zip(positions[1], *positions[3:], strict=True)]:
        return [("moved",)]
    columns = [*transfers, *entries[:8], [""] * len(entries[0])]
    texts = ["\x1f".join(column) for column in columns]
    await insert_postings(session, tx, (posted_at, *texts))
    ids, topics, keys, parts, headers, payloads = events
    numbers = [int(part) for part in parts]
    rows = ([UUID(one) for one in ids], topics, keys, numbers, headers, payloads)
    await STATEMENTS[outbox.INSERT_EVENTS](session, tx, rows)
    await STATEMENTS[idempotency.INSERT_ANSWERS](session, tx, _answers(asked, answers))
    return [("posted",)]


def _head(seq: str, balance: str, held: str, at: str) -> Arguments:
    return int(seq), int(balance), int(held), datetime.fromisoformat(at) if at else None


def _answers(asked: list[list[str]], answers: list[list[str]]) -> Arguments:
    routes, hashes, salts, fields, statuses, headers, bodies = answers
    return (
        *asked,
        routes,
        list(map(bytes.fromhex, hashes)),
        list(map(bytes.fromhex, salts)),
        list(map(orjson.loads, fields)),
        list(map(int, statuses)),
        list(map(orjson.loads, headers)),
        [body.encode() for body in bodies],
    )


@does(journal.INSERT_REFUSED_ATTEMPTS)
async def insert_refused_attempts(
    _session: Session, tx: Transaction, arguments: Arguments
) -> list[Row]:
    """Keep who tried what."""
    for transfer in arguments[1]:
        tx.put("refused_attempt", transfer, transfer)
    return []


@does(escrow.LOCK_ESCROWS)
async def lock_escrows(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """Lock in id order."""
    return [row for key in sorted(arguments[0]) if (row := await tx.lock("escrow", key))]


@does(escrow.INSERT_ESCROW)
async def insert_escrow(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A new escrow."""
    row = dict(zip(_ESCROW, arguments[:-1], strict=True))
    if not await tx.insert("escrow", row["id"], row):
        raise asyncpg.UniqueViolationError(f"escrow_pkey: {row['id']}")
    return []


@does(escrow.UPDATE_ESCROW)
async def update_escrow(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """What became of it."""
    names = [name for name in _ESCROW if name != "funded_by"]
    before = await tx.lock("escrow", arguments[0])
    tx.put("escrow", arguments[0], before | dict(zip(names, arguments[:-1], strict=True)))
    return []


@does(escrow.SELECT_PRICES)
async def select_prices(_session: Session, _tx: Transaction, _arguments: Arguments) -> list[Row]:
    """None: nobody accepts a quote here."""
    return []


@does(reservations.LOCK_RESERVATIONS)
async def lock_reservations(_session: Session, tx: Transaction, arguments: Arguments) -> list[Any]:
    """Lock in id order."""
    return [row for key in sorted(arguments[0]) if (row := await tx.lock("reservation", key))]


@does(reservations.INSERT_RESERVATION)
async def insert_reservation(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """A new reservation."""
    if not await tx.insert("reservation", arguments[0], arguments):
        raise asyncpg.UniqueViolationError(f"reservation_pkey: {arguments[0]}")
    return []


@does(reservations.UPDATE_RESERVATION)
async def update_reservation(_session: Session, tx: Transaction, arguments: Arguments) -> list[Row]:
    """What became of it: captured, released, state, version, moved_by, changed_at."""
    row = list(await tx.lock("reservation", arguments[0]))
    for place, value in zip((4, 5, 6, 13, 14, 12), arguments[1:], strict=True):
        row[place] = value
    tx.put("reservation", arguments[0], tuple(row))
    return []
