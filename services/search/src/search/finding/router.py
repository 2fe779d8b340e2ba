"""The HTTP edge of finding."""

import time
from typing import Annotated

from fastapi import APIRouter, Query

from chassis.access import Person
from chassis.http import amount_problem
from chassis.ids import new_id
from chassis.problems import Forbidden
from chassis.resources import Now, OpenResources
from chassis.tokens import Caller
from contracts.money import AmountError, parse_amount
from search.analytics.log_query import QueryLog, QueryRecord
from search.engine import Engine
from search.finding.errors import SearchSwitchedOff, field_problem
from search.finding.find import find_items
from search.finding.models import Found, Wanted
from search.finding.query import Bounds

router = APIRouter(tags=["search"])


@router.get("/search")
async def search(
    wanted: Annotated[Wanted, Query()], caller: Person, resources: OpenResources, now: Now
) -> Found:
    """Find active items by words and filters, with facets on the first page.

    Every word must be found (stemmed, with synonyms); when hardly anything is, words may be
    misspelt, and the answer says `tolerant`.
    """
    bounds = read_bounds(wanted, caller)
    engine: Engine | None = resources.extra["engine"]
    if engine is None:
        raise SearchSwitchedOff("search is switched off in the lite profile")
    started = time.perf_counter()
    found = await find_items(engine, wanted, bounds, query_id=new_id())
    log: QueryLog = resources.extra["query_log"]
    log.add(
        QueryRecord(
            query_id=found.query_id,
            searched_at=now,
            user_id=caller.user_id,
            community=bounds.community,
            q=wanted.q,
            filters=wanted.model_dump(
                mode="json", exclude={"q", "cursor", "community"}, exclude_defaults=True
            ),
            page=wanted.cursor is not None,
            hits=found.total,
            tolerant=found.tolerant,
            took_ms=round((time.perf_counter() - started) * 1000),
        )
    )
    return found


def read_bounds(wanted: Wanted, caller: Caller) -> Bounds:
    """What the caller may see, and the prices in minor units.

    Raises:
        Malformed: A price is no amount, or the lowest is above the highest.
        Forbidden: Another community, by somebody who is no operator.
    """
    community = wanted.community or caller.community
    if community != caller.community and not caller.has("OPERATOR", "ADMIN"):
        raise Forbidden(f"you are of {caller.community}; only operators search other communities")
    low = _price("price_min", wanted.price_min, wanted.asset)
    high = _price("price_max", wanted.price_max, wanted.asset)
    if low is not None and high is not None and low > high:
        raise field_problem("price_min", "range", "price_min is above price_max")
    return Bounds(community, low, high)


def _price(field: str, text: str | None, asset: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_amount(text, asset)
    except AmountError as error:
        raise amount_problem(field, error) from error
