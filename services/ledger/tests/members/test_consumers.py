"""Members' names follow the gateway's events."""

from contracts.gateway import UserChanged, UserLeft, UserRegistered
from ledger.members.consumers import MEMBERS
from services.ledger.tests.books import COMMUNITY, Books


async def hear(books: Books, event: UserRegistered | UserChanged | UserLeft) -> str | None:
    """The name after an event."""
    async with books.transaction() as conn:
        await MEMBERS.handlers[type(event)](conn, event)
    name: str | None = await books.value(
        "SELECT display_name FROM member WHERE user_id = $1", event.user_id
    )
    return name


async def test_the_newest_name_is_kept_and_a_leaving_is_the_last_word(books: Books) -> None:
    """Out of order and repeated, the highest version wins; who left has no name."""
    user = (await books.open_person()).id

    def changed(name: str, version: int) -> UserChanged:
        return UserChanged(
            user_id=user,
            display_name=name,
            community=COMMUNITY,
            roles=("MEMBER",),
            version=version,
        )

    registered = UserRegistered(**changed("Ana", 1).model_dump())
    left = UserLeft(user_id=user, version=4)
    told = (registered, changed("Ana M.", 3), changed("Anna", 2), left, changed("Ana M.", 3))
    heard = [await hear(books, event) for event in told]
    assert heard == ["Ana", "Ana M.", "Ana M.", None, None]
