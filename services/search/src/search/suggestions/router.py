"""The HTTP edge of suggestions."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.access import Person
from chassis.resources import OpenResources
from search.engine import Engine
from search.finding.errors import SearchSwitchedOff
from search.finding.models import Words
from search.suggestions.models import Suggestions
from search.suggestions.suggest import suggest_words

router = APIRouter(tags=["search"])


@router.get("/suggest")
async def suggest(
    caller: Person,
    resources: OpenResources,
    q: Annotated[Words, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=10)] = 6,
) -> Suggestions:
    """What may be meant while somebody types: items, categories, and what others searched for."""
    engine: Engine | None = resources.extra["engine"]
    if engine is None:
        raise SearchSwitchedOff("search is switched off in the lite profile")
    return await suggest_words(
        engine, resources.extra["vocabulary"], q, community=caller.community, limit=limit
    )
