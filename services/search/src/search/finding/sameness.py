"""Which searches have the same answer. Pure."""

import hashlib
from typing import Final

import orjson

from search.finding.cursors import same_words
from search.finding.models import Wanted
from search.finding.query import Bounds
from search.indexing.mapping import DOCUMENT_FORM, MAPPING_VERSION
from search.remembering.lifecycle import Asked

#: Changes whenever an answer is written in another way.
FORM: Final = 2


def asked(wanted: Wanted, bounds: Bounds, *, synonyms: str, by_meaning: bool = False) -> Asked:
    """Names a search, its page with it: whoever gets this name may get the same answer.

    Args:
        wanted: What the person asked.
        bounds: What they may see.
        synonyms: Names the rules by which words are understood.
        by_meaning: Whether items are found by what they are, too.
    """
    facts = wanted.model_dump(mode="json") | {"q": same_words(wanted.q)}
    seen = [
        [FORM, DOCUMENT_FORM, MAPPING_VERSION],
        synonyms,
        by_meaning,
        facts,
        bounds.community,
        [bounds.price_min, bounds.price_max, bounds.near],
    ]
    content = orjson.dumps(seen, option=orjson.OPT_SORT_KEYS)
    return Asked(bounds.community, hashlib.sha256(content).hexdigest())
