"""The HTTP edge of finding."""

import time
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Query, Response

from chassis.access import Person
from chassis.http import amount_problem
from chassis.ids import new_id
from chassis.resources import Now, OpenResources
from chassis.tokens import Caller
from contracts.money import AmountError, parse_amount
from search.analytics.log_query import QueryLog, QueryRecord
from search.embedding.model import Model
from search.engine import Engine
from search.finding.errors import SearchSwitchedOff, field_problem
from search.finding.find import find_items
from search.finding.models import Found, Place, Wanted
from search.finding.query import Bounds
from search.finding.sameness import asked
from search.own_community import require_own
from search.remembering.remember import Memory
from search.synonyms.keeper import Keeper

router = APIRouter(tags=["search"])

LATITUDE_MAX: Final = 90
LONGITUDE_MAX: Final = 180


@router.get("/search", response_model=Found)
async def search(
    wanted: Annotated[Wanted, Query()], caller: Person, resources: OpenResources, now: Now
) -> Response:
    """Find active items by words and filters, with facets on the first page.

    Every word must be found (stemmed, with synonyms); when hardly anything is, words may be
    misspelt, and the answer says `tolerant`; items that are similar in what they are may follow,
    and say `matched_by: meaning`. What was found within a second may be told again.
    """
    bounds = read_bounds(wanted, caller)
    engine: Engine | None = resources.extra["engine"]
    if engine is None:
        raise SearchSwitchedOff("search is switched off in the lite profile")
    keeper: Keeper = resources.extra["synonyms"]
    model: Model | None = resources.extra.get("model")
    started = time.perf_counter()

    async def find() -> bytes:
        made = await find_items(
            engine, wanted, bounds, book=keeper.book, query_id=new_id(), model=model
        )
        return made.model_dump_json().encode()

    memory: Memory | None = resources.extra.get("memory")
    if memory:
        same = asked(wanted, bounds, synonyms=keeper.digest, by_meaning=model is not None)
        found = await memory.remember(same, find)
    else:
        found = await find()
    answer = orjson.loads(found)
    # Who asks gets a search of their own, whoever was answered so before.
    query_id = new_id()
    log: QueryLog = resources.extra["query_log"]
    token = await log.sign(query_id, caller.user_id)
    log.add(
        QueryRecord(
            query_id=query_id,
            searched_at=now,
            user_id=caller.user_id,
            community=bounds.community,
            q=wanted.q,
            filters=wanted.model_dump(
                mode="json", exclude={"q", "cursor", "community"}, exclude_defaults=True
            ),
            page=wanted.cursor is not None,
            hits=answer["total"],
            tolerant=answer["tolerant"],
            took_ms=round((time.perf_counter() - started) * 1000),
        )
    )
    answer |= {"query_id": query_id, "click_token": token}
    return Response(orjson.dumps(answer), media_type="application/json")


def read_bounds(wanted: Wanted, caller: Caller) -> Bounds:
    """What the caller may see, and the prices in minor units.

    Raises:
        Malformed: A price is no amount, the lowest is above the highest, or a place is none.
        Forbidden: Another community, whoever asks.
    """
    community = caller.community
    require_own(wanted.community, caller)
    low = _price("price_min", wanted.price_min, wanted.asset)
    high = _price("price_max", wanted.price_max, wanted.asset)
    if low is not None and high is not None and low > high:
        raise field_problem("price_min", "range", "price_min is above price_max")
    near = _place(wanted.near)
    if near is None and (wanted.within_km is not None or wanted.sort == "distance"):
        raise field_problem("near", "required", "say from where, such as near=12.97,77.59")
    return Bounds(community, low, high, near)


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError as error:
        raise field_problem("near", "place", 'write it as "12.97,77.59"') from error
    if not (abs(latitude) <= LATITUDE_MAX and abs(longitude) <= LONGITUDE_MAX):
        raise field_problem("near", "range", "latitudes reach 90 degrees, longitudes 180")
    return Place(latitude, longitude)


def _price(field: str, text: str | None, asset: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_amount(text, asset)
    except AmountError as error:
        raise amount_problem(field, error) from error
