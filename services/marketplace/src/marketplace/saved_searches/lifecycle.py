"""By what a search is found, and how matches are told. Pure."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

from contracts.marketplace_interests import MatchedItem, MatchedSearch, SavedSearchMatched
from contracts.money import render_amount
from marketplace.saved_searches.models import Match, SavedSearch, SavedSearchView

#: Items of a search that a digest names; it counts the others.
NAMED_MAX: Final = 5


def anchor_of(lexemes: Sequence[str], category_id: UUID | None) -> str:
    """What every match must have: the longest stem, which is likely the rarest, or the category."""
    if lexemes:
        return f"w:{max(lexemes, key=lambda lexeme: (len(lexeme), lexeme))}"
    return f"c:{category_id}"


def digests_of(matches: Iterable[Match]) -> list[SavedSearchMatched]:
    """One event a person: each search with how many items there are, and the newest of them."""
    ordered = sorted(matches, key=lambda match: (match.user_id, match.search_id, match.item_id))
    digests = []
    for person, own in groupby(ordered, key=lambda match: match.user_id):
        searches = [
            _searched([*found]) for _, found in groupby(own, key=lambda match: match.search_id)
        ]
        digests.append(SavedSearchMatched(user_id=person, searches=tuple(searches)))
    return digests


def _searched(found: list[Match]) -> MatchedSearch:
    newest = found[: -NAMED_MAX - 1 : -1]
    return MatchedSearch(
        search_id=found[0].search_id,
        name=found[0].search_name,
        count=len(found),
        items=tuple(MatchedItem(item_id=one.item_id, title=one.item_title) for one in newest),
    )


def view_search(search: SavedSearch) -> SavedSearchView:
    """A search as its owner sees it."""
    price = search.price_max_minor
    return SavedSearchView(
        id=search.id,
        name=search.name,
        q=search.words,
        category_id=search.category_id,
        kind=search.kind,
        price_max=None if price is None else render_amount(price, search.asset or ""),
        asset=search.asset,
        created_at=search.created_at,
    )
