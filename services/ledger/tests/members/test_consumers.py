"""Members' names follow the gateway's events."""

from chassis.ids import new_id
from contracts.gateway import UserChanged, UserErased, UserLeft, UserRegistered
from ledger.members.consumers import MEMBERS
from services.ledger.tests.books import COMMUNITY, NOW, Books


async def hear(
    books: Books, event: UserRegistered | UserChanged | UserLeft | UserErased
) -> str | None:
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


async def test_of_who_is_erased_no_label_and_no_name_of_a_group_is_left(books: Books) -> None:
    """Of a monitor that has ended, too; what it watched stays, and a repeat changes nothing."""
    person = await books.open_person()
    async with books.transaction() as conn:
        for ended_at in (None, NOW):
            await conn.execute(
                "INSERT INTO monitor (id, owner_id, account_id, asset, kind, threshold_minor,"
                " hysteresis_minor, label, beyond, seen_seq, created_at, ended_at)"
                " VALUES ($1, $2, $3, 'LXC', 'below', 100, 0, 'Ana saves', false, 0, $4, $5)",
                new_id(),
                person.id,
                person.main,
                NOW,
                ended_at,
            )
        await conn.execute(
            "INSERT INTO account_group (id, owner_id, name, created_at) VALUES ($1, $2, $3, $4)",
            new_id(),
            person.id,
            "Ana at home",
            NOW,
        )
    for _ in range(2):
        erased = UserErased(user_id=person.id, version=9, erased_at=NOW)
        assert await hear(books, erased) is None
    of_owner = "FROM monitor WHERE owner_id = $1"
    assert await books.value(f"SELECT count(label) {of_owner}", person.id) == 0
    assert await books.value(f"SELECT sum(threshold_minor) {of_owner}", person.id) == 200
    named = "SELECT name FROM account_group WHERE owner_id = $1"
    assert await books.value(named, person.id) == "[erased]"
