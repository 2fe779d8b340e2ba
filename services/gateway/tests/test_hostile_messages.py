"""No words in a message choose a topic, a table or a query of the gateway's."""

from typing import Any

from gateway.main import service
from tests.stack.database import ScratchDatabase
from tests.stack.hostile import give, subscriptions_of


class Nobody:
    """Stands for the hub: nobody listens."""

    def tell(self, *_others: Any) -> None:
        """Wake nobody."""


async def test_words_in_messages_stay_words(scratch_database: ScratchDatabase) -> None:
    """Each kind that is heard, valid and hostile, through the service's own subscriptions."""
    async with (
        scratch_database.open("gateway") as database,
        scratch_database.connect("admin") as admin,
    ):
        given = await give(service, database, admin, subscriptions_of(service, hub=Nobody()))
    assert "marketplace.ItemChanged" in given
