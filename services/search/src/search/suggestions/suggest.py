"""Suggest what may be meant."""

from typing import Final

from search.engine import Engine
from search.indexing.documents import SEPARATOR
from search.indexing.mapping import READ_ALIAS
from search.suggestions.matching import best, items_body, words_of
from search.suggestions.models import SuggestedCategory, SuggestedItem, Suggestions
from search.suggestions.vocabulary import Vocabulary

QUERIES: Final = 5
CATEGORIES: Final = 4


async def suggest_words(
    engine: Engine, vocabulary: Vocabulary, q: str, *, community: str, limit: int
) -> Suggestions:
    """Items, categories and popular searches whose words begin as was typed; a slip is allowed.

    Args:
        engine: For items.
        vocabulary: For categories and searches.
        q: What was typed so far.
        community: Whose items.
        limit: Items at most.

    Raises:
        EngineAway: The engine can't answer now.
    """
    typed = words_of(q)
    if not typed:
        return Suggestions(queries=[], categories=[], items=[])
    words = await vocabulary.words(community)
    items: list[SuggestedItem] = []
    for fuzzy in (False, True):
        body = items_body(typed, community, limit=limit, fuzzy=fuzzy)
        answer = await engine.call("POST", f"/{READ_ALIAS}/_search", body)
        items = [
            SuggestedItem(id=hit["_id"], title=hit["_source"]["title"])
            for hit in answer["hits"]["hits"]
        ]
        if items:
            break
    return Suggestions(
        queries=[term.text for term in best(words.queries, typed, QUERIES)],
        categories=[
            SuggestedCategory(path=term.text.split(SEPARATOR), items=term.weight)
            for term in best(words.categories, typed, CATEGORIES)
        ],
        items=items,
    )
