"""Finding against the real engine."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.marketplace import ItemChanged
from search.engine import Engine, EngineAway
from search.finding.find import find_items
from search.finding.models import Found, Place, Wanted
from search.finding.query import Bounds
from search.indexing.index_items import index_items
from search.indexing.mapping import FIRST_INDEX
from search.settings import Settings
from search.synonyms.book import Book, read_shipped
from services.search.tests.offers import later, make_item

BOOK = Book.of(read_shipped())

type MakeItem = Callable[..., ItemChanged]
type Find = Callable[..., Awaitable[Found]]


@pytest.fixture(scope="module", autouse=True)
async def shop(engine: Engine) -> None:
    """A small shop."""
    bikes = {"category_path": ("Sports", "Bicycles")}
    soaps = {"category_path": ("Beauty", "Bath"), "item_type": "Bathing Bars & Soaps"}
    items = [
        make_item(
            "Blue city bicycle",
            **bikes,
            price_minor=80_00,
            created_at=later(1),
            cell_latitude="52.53",
            cell_longitude="13.40",
        ),
        make_item(
            "Racing bike",
            **bikes,
            price_minor=950_00,
            condition="new",
            cell_latitude="52.60",
            cell_longitude="13.40",
        ),
        make_item("Bicycle repair", kind="service", condition=None, price_minor=20_00),
        make_item("Creme care soap", **soaps, brand="Nivea", price_minor=1_58),
        make_item("Neem soap", **soaps, brand="Hamam", price_minor=40),
        make_item("Cow ghee", description="Clarified, 500 g", price_minor=5_00),
        make_item("Old sofa", pricing="gift", price_minor=None, asset=None),
        make_item(
            "Piano lessons",
            kind="service",
            condition=None,
            pricing="barter",
            price_minor=None,
            asset=None,
        ),
        make_item("Bicycle of another place", community="hillside"),
        make_item("Sold bicycle", status="sold"),
        make_item("Reserved bicycle", status="reserved"),
        make_item("<script>alert(1)</script> table", description="a <b>bold</b> table"),
    ]
    await index_items(engine, items, timeout_seconds=20)
    await engine.call("POST", f"/{FIRST_INDEX}/_refresh")


@pytest.fixture
def find(engine: Engine) -> Find:
    """Searches as somebody of Riverside."""

    async def ask(q: str = "", bounds: Bounds | None = None, **filters: Any) -> Found:
        wanted = Wanted.model_validate({"q": q, **filters})
        return await find_items(
            engine, wanted, bounds or Bounds("riverside"), book=BOOK, query_id=uuid4()
        )

    return ask


def titles(found: Found) -> list[str]:
    """Titles in order."""
    return [hit.title for hit in found.items]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("city bicycle", "Blue city bicycle"),
        ("city bicycles", "Blue city bicycle"),
        ("bycicle blue", "Blue city bicycle"),
        ("nivea soap", "Creme care soap"),
        ("nivia saop", "Creme care soap"),
        ("tuppa", "Cow ghee"),
        ("couch", "Old sofa"),
        ("SOAP créme", "Creme care soap"),
        ("racing bicycle", "Racing bike"),
    ],
)
async def test_people_find_what_they_mean(find: Find, q: str, first: str) -> None:
    """Stems, misspellings, synonyms, accents, and words that stand in different fields."""
    assert titles(await find(q))[0] == first


async def test_only_what_is_active_here_is_found(find: Find) -> None:
    """Not what is sold or reserved, nor what another community offers."""
    found = titles(await find("bicycle"))
    assert not {"Sold bicycle", "Reserved bicycle", "Bicycle of another place"} & set(found)
    assert titles(await find("bicycle", Bounds("hillside"))) == ["Bicycle of another place"]


async def test_tolerance_is_told_with_what_may_be_meant(find: Find) -> None:
    """The answer says when words were taken as misspelt, and how they may be written."""
    found = await find("bicicle")
    assert (found.tolerant, found.did_you_mean) == (True, "bicycle")


async def test_what_is_found_stands_before_what_may_be_meant(find: Find) -> None:
    """Few hits are followed by others that have some of the words."""
    assert titles(await find("racing bicycle"))[0] == "Racing bike"
    assert (await find("Blue city bicycle")).did_you_mean is None


async def test_a_code_that_was_found_is_not_missing_elsewhere(find: Find, engine: Engine) -> None:
    """Whoever names the very thing wants no other; where it is not, others may do."""
    tents = [make_item(f"Tent x90{number}k", community="tents") for number in range(2)]
    await index_items(engine, tents, timeout_seconds=20)
    await engine.call("POST", f"/{FIRST_INDEX}/_refresh")
    assert titles(await find("tent x900k", Bounds("tents"))) == ["Tent x900k"]
    assert len(titles(await find("tent x999k", Bounds("tents")))) == 2


async def test_another_order_mixes_nothing_in_that_fits_less(find: Find) -> None:
    """Sorted by price, what has only some of the words would stand first."""
    assert titles(await find("racing bicycle", sort="price_asc")) == ["Racing bike"]


async def test_counts_of_a_facet_ignore_its_own_choice(find: Find) -> None:
    """They say what another choice beside the one made would give."""
    found = await find("", kind=["service"])
    counts = {one.value: one.count for one in found.facets["kind"]}
    assert counts["good"] == 7
    assert {one.value for one in found.facets["pricing"]} == {"credits", "barter"}
    assert found.total == counts["service"] == 2


async def test_several_choices_of_a_facet_are_alternatives(find: Find) -> None:
    """New or good, not new and good."""
    assert len((await find("bike", condition=["new", "good"])).items) == 2


async def test_distance_filters_and_sorts(find: Find) -> None:
    """By the coarse cell; what has no place comes last, and is not within any distance."""
    here = Bounds("riverside", near=Place(52.52, 13.40))
    found = await find("", here, sort="distance", limit=50)
    assert titles(found)[:2] == ["Blue city bicycle", "Racing bike"]
    assert found.items[0].distance_m == 1112
    assert found.items[2].distance_m is None
    assert titles(await find("", here, within_km=5, near="x")) == ["Blue city bicycle"]


async def test_filters_hold_together(find: Find) -> None:
    """Category subtree by way down or name, kind, condition, price, seller."""
    assert titles(await find("bicycle", kind="service")) == ["Bicycle repair"]
    assert titles(await find(category="sports > bicycles", condition="new")) == ["Racing bike"]
    assert len((await find(category="Beauty")).items) == 2
    cheap = Bounds("riverside", price_min=50, price_max=10_00)
    assert set(titles(await find("", cheap))) == {"Creme care soap", "Cow ghee"}
    assert (await find(seller=UUID(int=9))).total == 0


async def test_sorting_by_price_and_age(find: Find) -> None:
    """A gift is the cheapest; what has no price comes last either way."""
    rising, falling = titles(await find(sort="price_asc")), titles(await find(sort="price_desc"))
    assert rising[0] == "Old sofa"
    assert falling[0] == "Racing bike"
    assert rising[-1] == falling[-1] == "Piano lessons"
    assert titles(await find(sort="newest"))[0] == "Blue city bicycle"


@pytest.mark.parametrize("sort", ["relevance", "newest", "price_asc", "price_desc", "distance"])
@pytest.mark.parametrize("q", ["", "bicicle"])
async def test_pages_show_each_item_once(find: Find, sort: str, q: str) -> None:
    """Following the cursor gives what one large page gives."""
    here = Bounds("riverside", near=Place(52.52, 13.40))
    whole = await find(q, here, sort=sort, limit=50)
    seen: list[str] = []
    cursor = None
    while True:
        page = await find(q, here, sort=sort, limit=2, cursor=cursor)
        seen += titles(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == titles(whole)
    assert len(seen) == whole.total


async def test_facets_count_what_was_found(find: Find) -> None:
    """By category at each level, kind, condition and price."""
    facets = (await find("soap")).facets
    named = {name: {v.value: v.count for v in values} for name, values in facets.items()}
    assert named["category"] == {"Beauty": 2, "Beauty > Bath": 2}
    assert named["kind"] == {"good": 2}
    assert named["price"] == {"under-10": 2}


async def test_highlights_escape_what_people_wrote(find: Find) -> None:
    """Only our marks are markup."""
    (hit,) = (await find("table")).items
    assert hit.highlights["description"] == ["a &lt;b&gt;bold&lt;&#x2F;b&gt; <em>table</em>"]
    assert "<script>" not in hit.highlights["title"][0]


@pytest.mark.parametrize(
    "q",
    [
        'title:* OR 1=1 "',
        "((((((",
        "\\",
        "*:*",
        "a AND NOT b || c && !d",
        '{"match_all":{}}',
        "' OR ''='",
        "~10 ^99999 [1 TO *]",
        "\u202e\u200b\ufeff",
        "\U0001f6b2" * 200,
        "x" * 200,
        "a " * 100,
        "ﷺ" * 100,
        "&#0; %00 ${jndi:ldap}",
    ],
)
async def test_odd_words_are_only_words(find: Find, q: str) -> None:
    """No syntax, no injection, no error: at worst nothing is found."""
    found = await find(q)
    assert found.total <= 12


async def test_an_engine_that_is_away_is_said_to_be(settings: Settings) -> None:
    """The route answers 503 with Retry-After; nothing else of the service depends on it."""
    gone = settings.model_copy(update={"opensearch_url": "http://127.0.0.1:9"})
    async with Engine.open(gone) as engine:
        with pytest.raises(EngineAway):
            await find_items(
                engine, Wanted(q="x"), Bounds("riverside"), book=BOOK, query_id=uuid4()
            )
