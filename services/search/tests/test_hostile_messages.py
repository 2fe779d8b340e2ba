"""No words in a message choose a topic, a table, an index or a query of search's."""

from search.engine import Engine
from search.main import service
from search.settings import Settings
from tests.stack.database import ScratchDatabase
from tests.stack.hostile import give, subscriptions_of


async def test_words_in_messages_stay_words(
    scratch_database: ScratchDatabase, engine: Engine, settings: Settings
) -> None:
    """Each kind that is heard, valid and hostile, through the service's own subscriptions."""
    before = set(await engine.call("GET", "/_all/_alias"))
    async with (
        scratch_database.open("search") as database,
        scratch_database.connect("admin") as admin,
    ):
        given = await give(
            service,
            database,
            admin,
            subscriptions_of(service, settings=settings, engine=engine),
            # A seller's mean that is no number.
            refused={"marketplace.ReputationChanged"},
        )
    assert "marketplace.ItemChanged" in given
    assert set(await engine.call("GET", "/_all/_alias")) == before
