"""By what a search is found, and how matches are told."""

from uuid import UUID

from marketplace.saved_searches.lifecycle import NAMED_MAX, anchor_of, digests_of
from marketplace.saved_searches.models import Match


def match(person: int, search: int, item: int) -> Match:
    """An item that a search found."""
    return Match(
        user_id=UUID(int=person),
        search_id=UUID(int=search),
        search_name=f"search {search}",
        item_id=UUID(int=item),
        item_title=f"item {item}",
    )


def test_the_anchor_is_the_longest_stem_or_the_category() -> None:
    """The longest is likely the rarest."""
    assert anchor_of(("red", "bicycl"), UUID(int=1)) == "w:bicycl"
    assert anchor_of((), UUID(int=1)) == f"c:{UUID(int=1)}"


def test_a_digest_is_one_event_a_person() -> None:
    """Searches apart, each counted, the newest items named."""
    many = [match(1, 10, number) for number in range(NAMED_MAX + 2)]
    first, second = digests_of([match(2, 30, 5), *many, match(1, 20, 3)])
    assert [(one.search_id.int, one.count) for one in first.searches] == [(10, 7), (20, 1)]
    assert [item.item_id.int for item in first.searches[0].items] == [6, 5, 4, 3, 2]
    assert (second.user_id, second.searches[0].name) == (UUID(int=2), "search 30")
    assert digests_of([]) == []
