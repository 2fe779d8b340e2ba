"""What was kept aside is brought in as it came about: begun, then moved version by version.

So every move is judged by the triggers as it was when it was made.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from chassis.database import Connection
from ledger.books.queries import drop_kept, obey

#: Loaded into tables beside, until all that they refer to is there.
KEPT: Final = (
    *("reservation", "reservation_move", "escrow", "escrow_price", "gift_lot", "gift_lot_move"),
    *("scheduled_transfer", "exchange", "reconciliation_setup", "bank_statement"),
    *("reconciliation_item", "reconciliation_run", "reconciliation_decision"),
    *("write_off_proposal", "issuance_request"),
)
#: Promises that were forgotten since; the database wants to see them beside what kept them.
REMEMBERED: Final = ("fee_quote", "exchange_quote")
BEGIN_RESERVATIONS: Final = """
INSERT INTO reservation (
    id, account_id, asset, amount_minor, captured_minor, released_minor, state, to_account, memo,
    created_by, created_at, expires_at, changed_at, version, moved_by
)
SELECT k.id, k.account_id, k.asset, k.amount_minor, 0, 0, 'ACTIVE', k.to_account, k.memo,
    k.created_by, k.created_at, k.expires_at, k.created_at, 1, m.transfer_id
FROM kept_reservation AS k
INNER JOIN kept_reservation_move AS m ON m.reservation_id = k.id AND m.version = 1
"""
#: Each version by itself, so that every move is judged as it was when it was made.
MOVE_RESERVATIONS: Final = """
UPDATE reservation AS r SET state = m.state, version = m.version, moved_by = m.transfer_id,
    changed_at = m.moved_at, captured_minor = r.captured_minor + m.captured_minor,
    released_minor = CASE WHEN m.state = 'ACTIVE' THEN 0
        ELSE r.amount_minor - r.captured_minor - m.captured_minor END
FROM kept_reservation_move AS m
WHERE m.reservation_id = r.id AND m.version = $1
"""
BEGIN_ESCROWS: Final = """
INSERT INTO escrow (
    id, payer_id, payee_id, asset, amount_minor, gift_minor, state, version, funded_by, reason,
    created_at, changed_at
)
SELECT id, CASE WHEN version < 3 THEN payer_id END, CASE WHEN version < 3 THEN payee_id END,
    CASE WHEN version < 3 THEN asset END, CASE WHEN version < 3 THEN amount_minor END,
    CASE WHEN version < 3 THEN gift_minor ELSE 0 END,
    CASE WHEN version = 3 THEN 'REFUNDED' WHEN version = 1 THEN state
        WHEN funded_by IS NULL THEN 'REFUSED' ELSE 'FUNDED' END,
    1, funded_by, reason, created_at, CASE WHEN version = 1 THEN changed_at ELSE created_at END
FROM kept_escrow
"""
MOVE_ESCROWS: Final = """
UPDATE escrow AS c SET payer_id = k.payer_id, payee_id = k.payee_id, asset = k.asset,
    amount_minor = k.amount_minor, gift_minor = k.gift_minor, fee_minor = k.fee_minor,
    state = k.state, version = k.version, settled_by = k.settled_by, reason = k.reason,
    refunded_minor = k.refunded_minor, changed_at = k.changed_at
FROM kept_escrow AS k WHERE k.id = c.id AND k.version > 1
"""
#: Forgotten promises are written as what kept them tells, for as long as it is brought in.
REMEMBER_FEE_QUOTES: Final = """
WITH remembered AS (
    INSERT INTO kept_fee_quote (
        id, owner_id, operation, asset, community, amount_minor, schedule_id, items, created_at,
        expires_at
    )
    SELECT k.quote_id, k.accepted_by, 'escrow.release', e.asset, '-', e.amount_minor, k.schedule_id,
        k.items, k.accepted_at, k.accepted_at + interval '1 second'
    FROM kept_escrow_price AS k INNER JOIN escrow AS e ON e.id = k.escrow_id
    WHERE NOT EXISTS (SELECT FROM fee_quote AS q WHERE q.id = k.quote_id)
    RETURNING *
)
INSERT INTO fee_quote SELECT * FROM remembered
"""
REMEMBER_EXCHANGE_QUOTES: Final = """
WITH remembered AS (
    INSERT INTO kept_exchange_quote (
        id, owner_id, from_account, rate_id, amount_minor, fee_items, created_at, expires_at
    )
    SELECT k.quote_id, a.owner_id, k.from_account, k.rate_id, k.amount_minor, '[]', k.priced_at,
        k.priced_at + interval '10 minutes'
    FROM kept_exchange AS k INNER JOIN account AS a ON a.id = k.from_account
    WHERE k.quote_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM exchange_quote AS q WHERE q.id = k.quote_id)
    RETURNING *
)
INSERT INTO exchange_quote SELECT * FROM remembered
"""
FORGET_QUOTES: Final = "DELETE FROM {table} AS q USING kept_{table} AS k WHERE k.id = q.id"
BRING: Final = "INSERT INTO {table} SELECT * FROM kept_{table} ORDER BY {key}"
BEGIN_GIFTS: Final = """
INSERT INTO gift_lot (
    id, account_id, giver_account, asset, amount_minor, remaining_minor, state, memo, given_at,
    expires_at, changed_at, version, moved_by
)
SELECT k.id, k.account_id, k.giver_account, k.asset, k.amount_minor, m.change_minor, 'OPEN', k.memo,
    k.given_at, k.expires_at, m.moved_at, 1, m.transfer_id
FROM kept_gift_lot AS k
INNER JOIN kept_gift_lot_move AS m ON m.lot_id = k.id AND m.version = 1
"""
MOVE_GIFTS: Final = """
UPDATE gift_lot AS l SET version = m.version, moved_by = m.transfer_id, changed_at = m.moved_at,
    remaining_minor = l.remaining_minor + m.change_minor,
    state = CASE WHEN l.remaining_minor + m.change_minor > 0 THEN 'OPEN'
        WHEN m.moved_at >= l.expires_at THEN 'EXPIRED' ELSE 'SPENT' END
FROM kept_gift_lot_move AS m
WHERE m.lot_id = l.id AND m.version = $1
"""
BEGIN_SCHEDULED: Final = """
INSERT INTO scheduled_transfer (
    id, owner_id, from_account, to_account, asset, amount_minor, memo, effective_at, state,
    created_at, changed_at, version, correlation_id
)
SELECT id, owner_id, from_account, to_account, asset, amount_minor, memo, effective_at, 'PENDING',
    created_at, created_at, 1, correlation_id
FROM kept_scheduled_transfer
"""
MOVE_SCHEDULED: Final = """
UPDATE scheduled_transfer AS s SET state = k.state, transfer_id = k.transfer_id,
    problem = k.problem, detail = k.detail, changed_at = k.changed_at, version = k.version
FROM kept_scheduled_transfer AS k WHERE k.id = s.id AND k.version > 1
"""
BEGIN_REQUESTS: Final = """
INSERT INTO issuance_request (
    id, transfer_id, account_id, asset, amount_minor, reason, state, requested_by, requested_at
)
SELECT id, transfer_id, account_id, asset, amount_minor, reason, 'WAITING', requested_by,
    requested_at
FROM kept_issuance_request
"""
DECIDE_REQUESTS: Final = """
UPDATE issuance_request AS r SET state = k.state, decided_by = k.decided_by,
    decided_at = k.decided_at
FROM kept_issuance_request AS k WHERE k.id = r.id AND k.state <> 'WAITING'
"""
BRING_SETUPS: Final = """
INSERT INTO reconciliation_setup SELECT * FROM kept_reconciliation_setup WHERE version = $1
"""
BRING_ITEMS: Final = """
INSERT INTO reconciliation_item (
    account_id, side, number, amount_minor, booked_on, reference, details, statement_seq,
    transfer_id
)
SELECT account_id, side, number, amount_minor, booked_on, reference, details, statement_seq,
    transfer_id
FROM kept_reconciliation_item
"""
#: Those under a version of the setup: the limit of then is held against it at commit.
BRING_WRITE_OFFS: Final = """
INSERT INTO reconciliation_decision
SELECT d.* FROM kept_reconciliation_decision AS d
WHERE d.kind = 'WRITE_OFF' AND $1 = (
    SELECT coalesce(
        max(s.version) FILTER (WHERE s.write_off_limit_minor = d.limit_minor), max(s.version)
    )
    FROM kept_reconciliation_setup AS s
    WHERE s.account_id = d.account_id AND s.created_at <= d.decided_at
)
"""
BRING_DECISIONS: Final = """
INSERT INTO reconciliation_decision
SELECT * FROM kept_reconciliation_decision WHERE kind <> 'WRITE_OFF' ORDER BY id
"""
SETTLE_ITEMS: Final = """
UPDATE reconciliation_item AS i SET decision_id = d.id
FROM kept_reconciliation_item AS k
INNER JOIN reconciliation_decision AS d ON d.id = k.decision_id
WHERE (i.account_id, i.side, i.number) = (k.account_id, k.side, k.number)
    AND i.decision_id IS NULL
"""
EXAMINE_DECISIONS: Final = "SET CONSTRAINTS reconciliation_decision_whole {when}"
LAST_VERSION: Final = "SELECT coalesce(max(version), 1) FROM kept_{table}"
SET_TIMERS: Final = """
INSERT INTO timer (kind, key, due_at)
SELECT 'reservations.expire', id::text, expires_at FROM reservation WHERE state = 'ACTIVE'
UNION ALL
SELECT 'gifts.expire', id::text, expires_at FROM gift_lot
WHERE state = 'OPEN' AND expires_at IS NOT NULL
UNION ALL
SELECT 'scheduled_transfers.due', id::text, effective_at FROM scheduled_transfer
WHERE state = 'PENDING'
"""
#: What accounts may do now; the database holds it against their last version.
SET_POLICIES: Final = """
UPDATE account AS a SET floor_minor = k.floor_minor, soft_floor_minor = k.soft_floor_minor,
    ceiling_minor = k.ceiling_minor, velocity_seconds = k.velocity_seconds,
    velocity_minor = k.velocity_minor, accepts_gifts = k.accepts_gifts, frozen = k.frozen,
    closed = k.closed, policy_version = k.policy_version
FROM kept_account AS k WHERE a.id = k.id
"""


async def _replay_reservations(conn: Connection) -> None:
    await obey(conn, BEGIN_RESERVATIONS)
    for version in range(2, await _last_version(conn, "reservation_move") + 1):
        await obey(conn, MOVE_RESERVATIONS, version)


async def _replay_escrows(conn: Connection) -> None:
    """A price is accepted while the money waits."""
    await obey(conn, BEGIN_ESCROWS)
    await obey(conn, REMEMBER_FEE_QUOTES)
    await obey(conn, BRING.format(table="escrow_price", key="escrow_id"))
    await obey(conn, FORGET_QUOTES.format(table="fee_quote"))
    await obey(conn, MOVE_ESCROWS)


async def _replay_gifts(conn: Connection) -> None:
    await obey(conn, BEGIN_GIFTS)
    for version in range(2, await _last_version(conn, "gift_lot_move") + 1):
        await obey(conn, MOVE_GIFTS, version)


async def _replay_scheduled_transfers(conn: Connection) -> None:
    await obey(conn, BEGIN_SCHEDULED)
    await obey(conn, MOVE_SCHEDULED)


async def _replay_requests(conn: Connection) -> None:
    await obey(conn, BEGIN_REQUESTS)
    await obey(conn, DECIDE_REQUESTS)


async def _replay_exchanges(conn: Connection) -> None:
    await obey(conn, REMEMBER_EXCHANGE_QUOTES)
    await obey(conn, BRING.format(table="exchange", key="transfer_id"))
    await obey(conn, FORGET_QUOTES.format(table="exchange_quote"))


async def _replay_reconciliation(conn: Connection) -> None:
    """Statements and their open items; then what was decided under each version of the setup."""
    await obey(conn, BRING.format(table="bank_statement", key="account_id, seq"))
    await obey(conn, BRING_ITEMS)
    for version in range(1, await _last_version(conn, "reconciliation_setup") + 1):
        await obey(conn, BRING_SETUPS, version)
        await obey(conn, BRING_WRITE_OFFS, version)
        await obey(conn, SETTLE_ITEMS)
        await obey(conn, EXAMINE_DECISIONS.format(when="IMMEDIATE"))
        await obey(conn, EXAMINE_DECISIONS.format(when="DEFERRED"))
    await obey(conn, BRING.format(table="reconciliation_run", key="id"))
    await obey(conn, BRING_DECISIONS)
    await obey(conn, SETTLE_ITEMS)
    await obey(conn, BRING.format(table="write_off_proposal", key="id"))


#: By the table whose file is named when a rule is broken, in this order.
REPLAYS: Final[Mapping[str, Callable[[Connection], Awaitable[None]]]] = {
    "reservation": _replay_reservations,
    "escrow": _replay_escrows,
    "gift_lot": _replay_gifts,
    "scheduled_transfer": _replay_scheduled_transfers,
    "issuance_request": _replay_requests,
    "exchange": _replay_exchanges,
    "reconciliation_decision": _replay_reconciliation,
}


async def set_timers(conn: Connection) -> None:
    """Anew, for all that waits for its time."""
    await obey(conn, SET_TIMERS)


async def set_policies(conn: Connection) -> None:
    """Give accounts the policies that they have; nothing is kept aside any more."""
    await obey(conn, SET_POLICIES)
    await drop_kept(conn, ("account", *KEPT, *REMEMBERED))


async def _last_version(conn: Connection, table: str) -> int:
    return int(await conn.fetchval(LAST_VERSION.format(table=table)))
