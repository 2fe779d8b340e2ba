"""HTTP edge of analytics: clicks, the operators' report, and what sellers are shown."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.access import Operator, Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.problems import Forbidden
from chassis.resources import Now, OpenDatabase, OpenResources
from search.analytics import queries
from search.analytics.lifecycle import PEOPLE_MIN, about, is_signed, may_be_shown
from search.analytics.log_query import QueryLog
from search.own_community import require_own

router = APIRouter(tags=["search"])

POST_CLICKS: Final = "POST /v1/search/clicks"
DEMAND_DAYS: Final = 30

Days = Annotated[int, Query(ge=1, le=90)]


class SayClick(BaseModel):
    """A hit that was chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query_id: UUID
    click_token: str = Field(min_length=32, max_length=32, description="As the search gave it.")
    item_id: UUID
    position: int = Field(
        ge=1, le=10_000, description="Its place, counted from 1 on the first page."
    )


class ClickAnswer(BaseModel):
    """The click as it was kept."""

    query_id: UUID
    item_id: UUID
    position: int


class OwnClick(BaseModel):
    """A hit that one chose."""

    item_id: UUID
    position: int
    clicked_at: datetime


class OwnSearch(BaseModel):
    """A search of one's own, and what one chose of its hits."""

    query_id: UUID
    searched_at: datetime
    community: str
    q: str
    filters: dict[str, Any]
    hits: int
    tolerant: bool
    clicks: list[OwnClick]


class OwnSearches(BaseModel):
    """A page of them, newest first."""

    searches: list[OwnSearch]
    next_cursor: UUID | None


class SearchedWords(BaseModel):
    """Words that several people searched for."""

    q: str
    searches: int
    people: int
    ctr: float | None = None
    mean_position: float | None = None


class SlowSearch(BaseModel):
    """A search that took long."""

    q: str
    filters: dict[str, Any]
    took_ms: int
    hits: int
    searched_at: datetime


class SearchReport(BaseModel):
    """How a community searches."""

    community: str
    since: datetime
    searches: int
    people: int
    fruitless_share: float
    tolerant_share: float
    ctr: float
    mean_click_position: float | None
    took_ms_p50: float | None
    took_ms_p99: float | None
    popular: list[SearchedWords]
    fruitless: list[SearchedWords]
    slow: list[SlowSearch]


class Demand(BaseModel):
    """What people here looked for in vain."""

    words: str
    people: str = Field(description='How many, roughly: "3+", "10+", "30+".')
    last_on: date


class DemandAnswer(BaseModel):
    """What could be offered."""

    demand: list[Demand]


@router.post("/search/clicks", status_code=201, response_model=ClickAnswer)
async def say_click(
    click: SayClick, caller: Person, key: IdempotencyKey, resources: OpenResources, now: Now
) -> Response:
    """Say which hit was chosen, with the token that the search gave."""
    log: QueryLog = resources.extra["query_log"]
    if not is_signed(await log.salt(), click.query_id, caller.user_id, click.click_token):
        raise Forbidden("this search was not answered to you; send its query_id and click_token")

    async def perform(conn: Connection) -> Answer:
        await queries.insert_click(
            conn, click.query_id, click.item_id, click.position, by=caller.user_id, now=now
        )
        return Answer.of(201, click.model_dump(mode="json", exclude={"click_token"}))

    request = KeyedRequest(str(caller.user_id), key, POST_CLICKS, click.model_dump(mode="json"))
    return await answer_once(resources.database, request, perform)


@router.get("/search/mine")
async def list_own_searches(
    caller: Person,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OwnSearches:
    """What one searched for and chose, newest first, as long as it is kept."""
    async with database.connection() as conn:
        found = await queries.select_own(conn, caller.user_id, cursor, limit + 1)
    page = [OwnSearch.model_validate(dict(row)) for row in found[:limit]]
    following = page[-1].query_id if len(found) > limit else None
    return OwnSearches(searches=page, next_cursor=following)


@router.get("/search/report")
async def get_report(
    caller: Operator,
    database: OpenDatabase,
    now: Now,
    community: Annotated[str | None, Query(max_length=200)] = None,
    days: Days = 7,
    slow_ms: Annotated[int, Query(ge=1, le=60_000)] = 200,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SearchReport:
    """Popular, fruitless and slow searches, click-through, times; words of few people are not."""
    require_own(community, caller)
    place, since = caller.community, now - timedelta(days=days)
    async with database.connection() as conn:
        summary = await queries.select_summary(conn, place, since)
        popular = await queries.select_popular(conn, place, since, people=PEOPLE_MIN, limit=limit)
        vain = await queries.select_fruitless(conn, place, since, people=PEOPLE_MIN, limit=limit)
        slow = await queries.select_slow(conn, place, since, took_ms=slow_ms, limit=limit)
    total = summary["searches"] or 1
    p50, p99 = summary["took_ms"] or (None, None)
    return SearchReport(
        community=place,
        since=since,
        searches=summary["searches"],
        people=summary["people"],
        fruitless_share=summary["fruitless"] / total,
        tolerant_share=summary["tolerant"] / total,
        ctr=summary["clicked"] / total,
        mean_click_position=summary["mean_position"],
        took_ms_p50=p50,
        took_ms_p99=p99,
        popular=[_words(row) for row in popular],
        fruitless=[_words(row) for row in vain],
        slow=[SlowSearch(**row) for row in slow],
    )


@router.get("/search/demand")
async def get_demand(
    caller: Person,
    database: OpenDatabase,
    now: Now,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> DemandAnswer:
    """What several people of one's community looked for in vain: something to offer."""
    since = now - timedelta(days=DEMAND_DAYS)
    async with database.connection() as conn:
        # Some are left out, so more are read than are shown.
        rows = await queries.select_fruitless(
            conn, caller.community, since, people=PEOPLE_MIN, limit=limit * 3
        )
    shown = [row for row in rows if may_be_shown(row["q"])][:limit]
    return DemandAnswer(
        demand=[
            Demand(words=row["q"], people=about(row["people"]), last_on=row["last_at"].date())
            for row in shown
        ]
    )


def _words(row: Any) -> SearchedWords:
    clicked = row.get("clicked")
    return SearchedWords(
        q=row["q"],
        searches=row["searches"],
        people=row["people"],
        ctr=None if clicked is None else clicked / row["searches"],
        mean_position=row.get("mean_position"),
    )
