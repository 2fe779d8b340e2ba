"""What is kept of sellers, whatever was heard, twice or in odd order."""

from itertools import permutations
from uuid import UUID, uuid4

from chassis.consumer import Consumer
from chassis.database import Database
from contracts.messages import Message
from search.sellers.consumers import SELLERS
from search.sellers.models import SellerRating
from search.sellers.read import read_ratings
from services.search.tests.indexing.test_consumers import delivered
from services.search.tests.sellers.words import erased, reputation
from tests.stack.database import ScratchDatabase


async def hear(database: Database, *events: Message) -> None:
    """Deliver what the services tell, in one batch."""
    await Consumer(SELLERS, database).handle(delivered(events))


async def rating_of(database: Database, seller: UUID) -> SellerRating | None:
    """What is known of a seller."""
    async with database.connection() as conn:
        return (await read_ratings(conn, [seller])).get(seller)


async def waits(database: Database, seller: UUID) -> bool:
    """Whether the rating is still to be brought into documents."""
    async with database.connection() as conn:
        found = await conn.fetchval(
            "SELECT spread_after IS NOT NULL FROM seller_rating WHERE seller_id = $1", seller
        )
        return bool(found)


async def test_the_newest_rating_stays_in_any_order(scratch_database: ScratchDatabase) -> None:
    """Each order of three versions, one by one and all again."""
    async with scratch_database.open("search") as database:
        for order in permutations((1, 2, 3)):
            seller = uuid4()
            told = [reputation(seller, f"4.{n}0", version=n, ratings=n) for n in order]
            for one in told:
                await hear(database, one)
            assert await rating_of(database, seller) == SellerRating(430, 3)
            await hear(database, *told)
            assert await rating_of(database, seller) == SellerRating(430, 3)


async def test_who_was_erased_has_no_rating_whatever_comes_late(
    scratch_database: ScratchDatabase,
) -> None:
    """Told before or after, in one batch or in several."""
    async with scratch_database.open("search") as database:
        for order in permutations((1, 2, 3)):
            seller = uuid4()
            told: dict[int, Message] = {1: reputation(seller), 2: erased(seller)}
            told[3] = reputation(seller, version=99)
            for one in order:
                await hear(database, told[one])
            assert await rating_of(database, seller) is None
        seller = uuid4()
        await hear(database, reputation(seller), erased(seller))
        assert await rating_of(database, seller) is None


async def test_only_another_rating_is_brought_into_documents(
    scratch_database: ScratchDatabase,
) -> None:
    """A trade that ends changes a reputation, and nothing that documents say."""
    async with scratch_database.open("search") as database:
        seller, new = uuid4(), uuid4()
        await hear(database, reputation(new, "3.50", ratings=0))
        assert not await waits(database, new)
        await hear(database, reputation(seller))
        assert await waits(database, seller)
        await database.pool.execute("UPDATE seller_rating SET spread_after = NULL")
        await hear(database, reputation(seller, version=2, sold=5))
        assert not await waits(database, seller)
        await hear(database, reputation(seller, version=3, ratings=4))
        assert await waits(database, seller)
