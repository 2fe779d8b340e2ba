"""Save a search."""

from datetime import datetime

from chassis.database import Connection
from chassis.http import amount_problem
from chassis.ids import new_id
from chassis.tokens import Caller
from contracts.money import SCALES, AmountError, parse_amount
from marketplace.categories.find import find_category
from marketplace.saved_searches import queries
from marketplace.saved_searches.errors import NothingToSearch, TooManySavedSearches
from marketplace.saved_searches.lifecycle import anchor_of
from marketplace.saved_searches.models import SEARCHES_MAX, SavedSearch, SearchBody


async def save_search(
    conn: Connection, owner: Caller, body: SearchBody, *, now: datetime
) -> SavedSearch:
    """Be told of items that come on offer from now on and match.

    Args:
        conn: Open transaction; the caller commits.
        owner: Who is told.
        body: What to look for.
        now: When.

    Raises:
        Malformed: The price is no amount of the asset, or zero.
        UnknownCategory: The category is not in the tree.
        NothingToSearch: The words are such as every text has.
        TooManySavedSearches: The owner has saved as many as one may.
    """
    price_max = _read_price(body)
    category = None if body.category is None else await find_category(conn, body.category)
    lexemes = () if body.q is None else await queries.read_lexemes(conn, body.q)
    if body.q is not None and not lexemes:
        raise NothingToSearch
    if await queries.hold_person(conn, owner.user_id) >= SEARCHES_MAX:
        raise TooManySavedSearches(SEARCHES_MAX)
    category_id = None if category is None else category.id
    search = SavedSearch(
        id=new_id(),
        user_id=owner.user_id,
        community=owner.community,
        name=body.name,
        words=body.q,
        lexemes=lexemes,
        category_id=category_id,
        kind=body.kind,
        price_max_minor=price_max,
        asset=body.asset,
        anchor=anchor_of(lexemes, category_id),
        created_at=now,
    )
    await queries.insert_search(conn, search)
    return search


def _read_price(body: SearchBody) -> int | None:
    if body.price_max is None or body.asset is None:
        return None
    if body.asset not in SCALES:
        raise amount_problem("asset", AmountError(f"is one of {', '.join(SCALES)}"))
    try:
        minor = parse_amount(body.price_max, body.asset)
    except AmountError as error:
        raise amount_problem("price_max", error) from None
    if minor == 0:
        raise amount_problem("price_max", AmountError("is more than zero"))
    return minor
