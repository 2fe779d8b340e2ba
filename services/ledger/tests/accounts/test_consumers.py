"""Accounts open when a person registers."""

from chassis.ids import new_id
from contracts.gateway import UserRegistered
from ledger.accounts.consumers import make_subscription
from services.ledger.tests.books import COMMUNITY, Books


async def test_who_registers_gets_three_accounts_once(books: Books) -> None:
    """MAIN, ESCROW and GIFT in local credits; a repeat opens none and says nothing."""
    user = new_id()
    message = UserRegistered(
        user_id=user, display_name="Ana", community=COMMUNITY, roles=("MEMBER",), version=1
    )
    on_user_registered = make_subscription(books.clock).handlers[UserRegistered]
    for _ in range(2):
        async with books.transaction() as conn:
            await on_user_registered(conn, message)
    rows = await books.rows(
        "SELECT type, asset, community, floor_minor FROM account WHERE owner_id = $1 ORDER BY type",
        user,
    )
    assert [tuple(row) for row in rows] == [
        ("ESCROW", "LXC", COMMUNITY, 0),
        ("GIFT", "LXC", COMMUNITY, 0),
        ("MAIN", "LXC", COMMUNITY, 0),
    ]
    told = await books.value(
        "SELECT count(*) FROM outbox WHERE payload::jsonb->>'owner_id' = $1", str(user)
    )
    assert told == 3
