"""Find the accounts that many wishes mean, at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Connection
from ledger.accounts import queries
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.models import Account
from ledger.reach import EVERYTHING, Reach


@dataclass(frozen=True, slots=True)
class Directory:
    """Accounts by id, and people's main accounts by owner and asset."""

    accounts: dict[UUID, Account]
    mains: dict[tuple[UUID, str], Account]

    def of(
        self,
        field: str,
        *,
        account_id: UUID | None = None,
        main_of: UUID | None = None,
        asset: str = "",
        reach: Reach = EVERYTHING,
        payer: Account | None = None,
    ) -> Account:
        """The account with an id, or a person's main account in an asset.

        Args:
            field: What the client calls it.
            account_id: Its id.
            main_of: Or whose main account it is.
            asset: Of that.
            reach: Only if it is in it.
            payer: The other side: to who pays, accounts of another community are not there.

        Raises:
            NoSuchAccount: There is none, or it is beyond the reach, or not the payer's community's.
        """
        found = self.accounts.get(account_id) if account_id else None
        if main_of:
            found = self.mains.get((main_of, asset))
        far = found is not None and payer is not None and found.community != payer.community
        if found is None or far or not reach.covers(found.owner_id, found.community):
            raise NoSuchAccount(f"{field} names no account that can be used here", field=field)
        return found


async def find_accounts(
    conn: Connection, ids: Iterable[UUID], mains_of: Iterable[UUID]
) -> Directory:
    """Accounts by id and by owner; unknown ones are left out.

    Args:
        conn: Any connection: what is read never changes.
        ids: Accounts.
        mains_of: People whose main accounts are meant.
    """
    found = await queries.select_accounts(conn, sorted(set(ids)), sorted(set(mains_of)))
    return Directory(
        {one.id: one for one in found},
        {(one.owner_id, one.asset): one for one in found if one.owner_id and one.type == "MAIN"},
    )
