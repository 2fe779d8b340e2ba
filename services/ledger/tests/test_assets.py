"""Assets in the database are those of the contracts."""

from contracts.money import SCALES
from services.ledger.tests.books import Books


async def test_assets_are_seeded_from_the_contracts(books: Books) -> None:
    """A code known to one is known to the other, with the same scale."""
    rows = await books.rows("SELECT code, scale FROM asset")
    assert {row["code"]: row["scale"] for row in rows} == SCALES
