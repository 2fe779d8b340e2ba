"""No words in a message choose a topic, a table or a query of the marketplace's."""

from marketplace.main import service
from tests.stack.database import ScratchDatabase
from tests.stack.hostile import give, subscriptions_of


async def test_words_in_messages_stay_words(scratch_database: ScratchDatabase) -> None:
    """Each kind that is heard, valid and hostile, through the service's own subscriptions."""
    async with (
        scratch_database.open("marketplace") as database,
        scratch_database.connect("admin") as admin,
    ):
        given = await give(
            service,
            database,
            admin,
            subscriptions_of(service),
            # The database has a form for names of communities.
            refused={"gateway.UserRegistered", "gateway.UserChanged"},
        )
    assert "gateway.UserRegistered" in given
