"""People and messages that the tests speak of."""

from uuid import UUID

from contracts.ledger import AccountOpened

ANA = UUID("01936d00-0000-7000-8000-00000000000a")
BEN = UUID("01936d00-0000-7000-8000-00000000000b")


def account_opened(account_id: UUID, community: str = "riverside") -> AccountOpened:
    """An event with a key and something to tell it by."""
    return AccountOpened(
        account_id=account_id,
        owner_id=account_id,
        account_type="MAIN",
        asset="LXC",
        community=community,
    )
