"""Finding by meaning, against the real engine."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.marketplace import ItemChanged
from search.embedding.model import Model
from search.engine import Engine
from search.finding.find import find_items
from search.finding.models import Found, Wanted
from search.finding.query import Bounds
from search.indexing.index_items import index_items
from search.indexing.mapping import FIRST_INDEX
from search.synonyms.book import Book, read_shipped
from services.search.tests.model import installed
from services.search.tests.offers import later, make_item

type Find = Callable[..., Awaitable[Found]]
type Bring = Callable[..., Awaitable[None]]

BOOK = Book.of(read_shipped())
MODEL = installed()
SHOES = {"category_path": ("Clothes", "Shoes"), "item_type": "Shoes"}


@pytest.fixture(scope="module")
def bring(engine: Engine) -> Bring:
    """Brings items into the index with their vectors, and waits until they can be found."""

    async def write(*items: ItemChanged) -> None:
        engine.model = MODEL
        await index_items(engine, items, timeout_seconds=20)
        await engine.call("POST", f"/{FIRST_INDEX}/_refresh")

    return write


@pytest.fixture(scope="module", autouse=True)
async def shop(bring: Bring) -> None:
    """Shoes of many kinds, and what is none."""
    await bring(
        *(
            make_item(f"{kind} shoes", **SHOES, price_minor=10_00 * place, created_at=later(place))
            for place, kind in enumerate(("Running", "Leather", "Wooden", "Red", "Tennis"), 1)
        ),
        make_item("Shoe repair", kind="service", condition=None, price_minor=5_00),
        make_item("Honey from the village", category_path=("Food", "Farm")),
        make_item("Apple juice", category_path=("Food", "Farm")),
        make_item("Winter boots of another place", **SHOES, community="hillside"),
        make_item("Sold shoes", **SHOES, status="sold"),
        make_item("Reserved shoes", **SHOES, status="reserved"),
        *(make_item(f"Tent x90{number}k", community="tents") for number in range(2)),
    )


@pytest.fixture
def find(engine: Engine) -> Find:
    """Searches as somebody of Riverside."""

    async def ask(
        q: str, bounds: Bounds | None = None, *, model: Model | None = MODEL, **filters: Any
    ) -> Found:
        wanted = Wanted.model_validate({"q": q, **filters})
        where = bounds or Bounds("riverside")
        return await find_items(engine, wanted, where, book=BOOK, query_id=uuid4(), model=model)

    return ask


def titles(found: Found) -> list[str]:
    """Titles in order."""
    return [hit.title for hit in found.items]


def shares(found: Found) -> dict[str, set[str]]:
    """How each item was found."""
    by: dict[str, set[str]] = {"words": set(), "meaning": set()}
    for hit in found.items:
        by[hit.matched_by].add(hit.title)
    return by


async def test_what_has_none_of_the_words_is_found_by_what_it_is(find: Find) -> None:
    """And says so; without a model nothing is found, as ever."""
    found = await find("footwear")
    assert {"Running shoes", "Leather shoes", "Wooden shoes"} <= shares(found)["meaning"]
    assert not {"Honey from the village", "Apple juice"} & set(titles(found))
    assert (shares(found)["words"], found.tolerant) == (set(), True)
    assert (await find("footwear", model=None)).total == 0


async def test_only_what_is_active_here_is_similar(find: Find) -> None:
    """Not what is sold or reserved, nor what another community offers."""
    found = titles(await find("footwear"))
    assert not {"Sold shoes", "Reserved shoes", "Winter boots of another place"} & set(found)
    assert titles(await find("footwear", Bounds("hillside"))) == ["Winter boots of another place"]


async def test_what_was_sold_meanwhile_is_gone(find: Find, bring: Bring) -> None:
    """With its vector; what is on offer again is found again."""
    sandals = make_item("Summer sandals", **SHOES, item_id=uuid4())
    for version, status in enumerate(("active", "sold", "active", "withdrawn"), 1):
        await bring(sandals.model_copy(update={"version": version, "status": status}))
        assert ("Summer sandals" in titles(await find("footwear"))) == (status == "active")


async def test_filters_hold_for_what_is_similar(find: Find) -> None:
    """Each of them: a facet's choice, a price, a seller."""
    assert (await find("footwear", kind="service", category="Clothes")).total == 0
    assert titles(await find("footwear", category="food")) == []
    cheap = Bounds("riverside", price_min=15_00, price_max=25_00)
    assert titles(await find("footwear", cheap)) == ["Leather shoes"]
    assert (await find("footwear", seller=UUID(int=9))).total == 0


async def test_counts_are_of_all_that_is_listed(find: Find) -> None:
    """The total, and each facet under the choices of the others."""
    whole = await find("footwear", limit=50)
    assert whole.total == len(whole.items)
    counts = {one.value: one.count for one in whole.facets["category"]}
    assert counts["Clothes > Shoes"] == 5
    chosen = await find("footwear", category="Clothes > Shoes")
    assert chosen.total == len(chosen.items) == 5
    assert {one.value: one.count for one in chosen.facets["category"]} == counts


@pytest.mark.parametrize("filters", [{}, {"category": "Clothes"}])
@pytest.mark.parametrize("q", ["footwear", "leather footwear"])
async def test_pages_show_each_item_once(find: Find, q: str, filters: dict[str, str]) -> None:
    """Following the cursor gives what one large page gives, found by words or not."""
    whole = await find(q, limit=50, **filters)
    seen: list[str] = []
    cursor = None
    while True:
        page = await find(q, limit=2, cursor=cursor, **filters)
        seen += titles(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == titles(whole)
    assert len(seen) == whole.total >= 5


async def test_words_stand_before_what_is_similar(find: Find) -> None:
    """Who says leather is shown leather first; highlights show words alone."""
    found = await find("leather footwear")
    first, *others = found.items
    assert (first.title, first.matched_by) == ("Leather shoes", "words")
    assert first.highlights["title"] == ["<em>Leather</em> shoes"]
    assert {"Running shoes", "Tennis shoes"} <= {hit.title for hit in others}
    assert {hit.matched_by for hit in others} == {"meaning"}


async def test_where_words_find_enough_meaning_adds_nothing(find: Find, bring: Bring) -> None:
    """The very answer of words alone."""
    await bring(*(make_item(f"Oak table {n}", community="oaks") for n in "abcdefg"))
    await bring(make_item("Desk of beech", community="oaks"))
    ours = await find("table", Bounds("oaks"))
    words = await find("table", Bounds("oaks"), model=None)
    same = {"query_id", "took_ms"}
    assert ours.model_dump(exclude=same) == words.model_dump(exclude=same)
    assert ours.total == 7


@pytest.mark.parametrize("sort", ["newest", "price_asc", "price_desc"])
async def test_another_order_mixes_in_nothing_similar(find: Find, sort: str) -> None:
    """By price, what fits least would stand first."""
    assert (await find("footwear", sort=sort)).total == 0


@pytest.mark.parametrize(
    "q", ["qwxzv", "xkcdqz zzgrph", "90x200", "\u0938\u093e\u092c\u0941\u0928"]
)
async def test_nonsense_finds_nothing(find: Find, q: str) -> None:
    """What nobody knows is like nothing."""
    assert (await find(q)).total == 0


async def test_a_code_that_was_found_is_not_missing_elsewhere(find: Find) -> None:
    """However similar another tent is: whoever names the very thing wants no other."""
    assert titles(await find("tent x900k", Bounds("tents"))) == ["Tent x900k"]


async def test_a_slip_is_mended_before_it_is_compared(find: Find, bring: Bring) -> None:
    """A word with a wrong letter means what the right one means."""
    await bring(
        make_item("Mountain bicycle", community="slips"),
        make_item("Tandem cycling helmet", community="slips"),
    )
    right, wrong = [set(titles(await find(q, Bounds("slips")))) for q in ("bicycle", "bycicle")]
    assert right == wrong >= {"Mountain bicycle"}


async def test_a_word_that_finds_nothing_here_is_not_offered(find: Find, bring: Bring) -> None:
    """Another community's word may be near, but what is found here was found by meaning alone."""
    await bring(*(make_item("Footwear", community="elsewhere") for _ in range(5)))
    found = await find("footwaer", Bounds("hillside"))
    assert titles(found) == ["Winter boots of another place"]
    assert found.did_you_mean is None


async def test_an_index_without_vectors_is_searched_by_words(find: Find, engine: Engine) -> None:
    """Until it is known to have the field, nobody asks for it."""
    engine.has_fields = False
    try:
        assert (await find("footwear")).total == 0
        assert (await find("leather")).total == 1
    finally:
        engine.has_fields = True
