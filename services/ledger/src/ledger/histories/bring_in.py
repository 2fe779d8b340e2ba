"""Post rows of an import through the journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import Cause
from chassis.problems import Problem
from ledger.accounts.find_many import Directory, find_accounts
from ledger.accounts.models import Account
from ledger.accounts.open_system import open_system_account
from ledger.histories import queries
from ledger.histories.errors import NoSuchImport, PostedBefore, RowsMissing, TwoCommunities
from ledger.histories.lifecycle import read_row, transfer_id
from ledger.histories.models import HistoryImport, Raw, Refusal, Wish
from ledger.journal.errors import IssuedOtherwise
from ledger.journal.models import Declined, Transfer
from ledger.journal.post import post_transfers
from ledger.journal.templates import pay
from ledger.reach import EVERYTHING, Reach

#: Fields of a row, as they are called in files and in a wish.
_SIDES: Final = (("from", "source"), ("to", "destination"))

type _Numbered = tuple[int, int, Wish]


async def bring_in_rows(
    conn: Connection,
    import_id: UUID,
    first: int,
    rows: Sequence[Raw],
    *,
    reach: Reach = EVERYTHING,
    now: datetime,
) -> HistoryImport:
    """Post the next rows; a bad one is refused and harms no other.

    Args:
        conn: Open transaction; the caller commits.
        import_id: Of `begin_import`.
        first: Number of the first row, from 1. Rows that are done already are left out, so that
            a repeat changes nothing.
        rows: Some hundreds: their accounts are locked as long as they are being posted.
        reach: Only if its community is in it; accounts beyond it are not there for its rows.
        now: The clock's time.

    Returns:
        How far the import is.

    Raises:
        NoSuchImport: It was not begun, or is beyond the reach.
        RowsMissing: Earlier rows are not done; `next` says which one is.

    Emits:
        TransferPosted on `ledger.transfers.v1` for each row that is posted; AccountOpened on
        `ledger.accounts.v1` for an outside party at its first mention.

    Source:
        docs/decisions/0031-history-goes-through-the-journal.md
    """
    begun = await queries.lock_import(conn, import_id)
    if begun is None or not reach.covers(None, begun.community):
        raise NoSuchImport("begin the import first")
    if first > begun.rows_done + 1:
        raise RowsMissing(f"row {begun.rows_done + 1} is next", next=begun.rows_done + 1)
    fresh = rows[begun.rows_done + 1 - first :]
    wishes, refusals = _read(fresh, begun)
    transfers = await _prepare(conn, wishes, refusals, _Parties(begun, reach), now)
    verdicts = await post_transfers(conn, list(transfers.values()), now=now)
    for (number, line, wish), verdict in zip(transfers, verdicts, strict=True):
        if isinstance(verdict, Declined):
            refusals.append(_refused(number, line, wish, verdict.problem))
    await queries.insert_refusals(conn, begun.id, sorted(refusals, key=lambda one: one.row_number))
    await queries.count_on(conn, begun.id, len(fresh) - len(refusals), len(refusals))
    return await queries.select_import(conn, begun.id) or begun


def _read(rows: Sequence[Raw], begun: HistoryImport) -> tuple[list[_Numbered], list[Refusal]]:
    wishes: list[_Numbered] = []
    refusals: list[Refusal] = []
    for number, raw in enumerate(rows, begun.rows_done + 1):
        found = read_row(raw, number, begun.kind)
        if isinstance(found, Refusal):
            refusals.append(found)
        else:
            wishes.append((number, raw.line, found))
    return wishes, refusals


async def _prepare(
    conn: Connection,
    wishes: Sequence[_Numbered],
    refusals: list[Refusal],
    parties: "_Parties",
    now: datetime,
) -> Mapping[_Numbered, Transfer]:
    """Transfers of the rows whose parties are known and that are new."""
    begun = parties.begun
    await parties.find(conn, [wish for _, _, wish in wishes], now)
    ids = {one: transfer_id(begun.started_at, begun.name, one[2].reference) for one in wishes}
    seen = await queries.select_posted(conn, list(ids.values()))
    transfers: dict[_Numbered, Transfer] = {}
    for one in wishes:
        number, line, wish = one
        try:
            if ids[one] in seen:
                raise PostedBefore(
                    f"reference {wish.reference} was posted before", field="reference"
                )
            sides = [parties.of(field, getattr(wish, name), wish.asset) for field, name in _SIDES]
            _require_movable(sides)
        except Problem as problem:
            refusals.append(_refused(number, line, wish, problem))
            continue
        seen.add(ids[one])
        transfers[one] = _transfer(ids[one], wish, sides, begun)
    return transfers


def _require_movable(sides: Sequence[Account]) -> None:
    """Refuse what the database would refuse with the whole batch."""
    if len({side.community for side in sides if side.owner_id}) > 1:
        raise TwoCommunities(
            "one pays somebody of another community: bring it in as two rows, by an outside party",
            field="to",
        )
    if sides[0].type == "ISSUANCE":
        raise IssuedOtherwise("name an outside party, such as system:old-bank", field="from")


def _transfer(new_id: UUID, wish: Wish, sides: Sequence[Account], begun: HistoryImport) -> Transfer:
    source, destination = sides
    return Transfer(
        id=new_id,
        kind=wish.kind,
        movements=pay(source.id, destination.id, wish.asset, wish.amount_minor),
        initiated_by=begun.started_by,
        effective_at=wish.effective_at,
        metadata={"import": begun.name, "reference": wish.reference}
        | ({"memo": wish.memo} if wish.memo else {}),
        cause=Cause(correlation_id=begun.id.hex),
    )


class _Parties:
    """The accounts that rows mean, found together."""

    def __init__(self, begun: HistoryImport, reach: Reach) -> None:
        self.begun = begun
        self._reach = reach
        self._directory = Directory({}, {})
        self._system: dict[tuple[str, str], Account] = {}

    async def find(self, conn: Connection, wishes: Sequence[Wish], now: datetime) -> None:
        """Look all of them up; outside parties are opened at their first mention."""
        named = {(side, wish.asset) for wish in wishes for side in (wish.source, wish.destination)}
        ids = [found for side, _ in named if ":" not in side and (found := _uuid(side))]
        users = [found for side, _ in named if side[:5] == "user:" and (found := _uuid(side[5:]))]
        self._directory = await find_accounts(conn, ids, users)
        for side, asset in sorted(named):
            kind, _, name = side.partition(":")
            if kind == "system" and name:
                self._system[side, asset] = await open_system_account(
                    conn, self.begun.community, "TRANSIT", asset, now=now, name=name
                )

    def of(self, field: str, side: str, asset: str) -> Account:
        """The account that a row means.

        Raises:
            NoSuchAccount: There is none, or it is beyond the reach.
        """
        if found := self._system.get((side, asset)):
            return found
        kind, _, name = side.partition(":")
        if kind == "user":
            return self._directory.of(field, main_of=_uuid(name), asset=asset, reach=self._reach)
        return self._directory.of(field, account_id=_uuid(side), reach=self._reach)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _refused(number: int, line: int, wish: Wish, problem: Problem) -> Refusal:
    field = problem.facts.get("field")
    return Refusal(
        number,
        line,
        wish.reference,
        str(field) if field else None,
        problem.slug(),
        problem.detail,
    )
