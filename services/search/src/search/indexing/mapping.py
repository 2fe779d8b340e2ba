"""How the engine stores and analyses an item. Pure."""

from importlib.resources import files
from typing import Any, Final

from search.indexing.words import STOP_WORDS

#: What searches read: live items only.
READ_ALIAS: Final = "items"
#: What is written to: exactly one index.
WRITE_ALIAS: Final = "items-write"
#: Grows with each change of the mapping or the analysers.
MAPPING_VERSION: Final = 1
FIRST_INDEX: Final = f"items-v{MAPPING_VERSION}-000001"

_TEXT: Final = {"type": "text", "analyzer": "item_text", "search_analyzer": "item_query"}
_KEYWORD: Final = {"type": "keyword", "ignore_above": 512}
_STORED: Final = {"type": "keyword", "index": False, "doc_values": False}

PROPERTIES: Final[dict[str, Any]] = {
    "item_id": _KEYWORD,
    "version": {"type": "long"},
    "deleted": {"type": "boolean"},
    "seller_id": _KEYWORD,
    "community": _KEYWORD,
    "status": _KEYWORD,
    "kind": _KEYWORD,
    "title": _TEXT,
    "description": _TEXT,
    "brand": {**_TEXT, "fields": {"name": {**_KEYWORD, "normalizer": "folded"}}},
    "item_type": {**_TEXT, "fields": {"name": {**_KEYWORD, "normalizer": "folded"}}},
    "category": _TEXT,
    #: "Home", "Home > Kitchen": each level with its way down, for facets and subtrees.
    "category_path": {**_KEYWORD, "fields": {"folded": {**_KEYWORD, "normalizer": "folded"}}},
    "pricing": _KEYWORD,
    #: 38 digits with leading zeros: exact for every asset, and sorts as the number does.
    "price_minor": _KEYWORD,
    "price_band": _KEYWORD,
    "asset": _KEYWORD,
    "quantity": {"type": "integer"},
    "condition": _KEYWORD,
    "rating": _STORED,
    "rating_hundredths": {"type": "short"},
    "neighbourhood": _KEYWORD,
    "cell": {"type": "geo_point"},
    "image_urls": _STORED,
    "created_at": {"type": "date"},
    "changed_at": {"type": "date"},
}


def read_synonyms() -> list[str]:
    """The shipped synonym rules, one a line, without remarks."""
    text = files("search.indexing").joinpath("synonyms.txt").read_text(encoding="utf-8")
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def index_body(*, refresh_ms: int, replicas: int) -> dict[str, Any]:
    """Settings and mapping of a new index."""
    return {
        "settings": {
            "index": {
                "number_of_shards": 1,
                "number_of_replicas": replicas,
                "refresh_interval": f"{refresh_ms}ms",
                "max_result_window": 10_000,
            },
            "analysis": _analysis(),
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"mapping_version": MAPPING_VERSION},
            "properties": PROPERTIES,
        },
    }


def _analysis() -> dict[str, Any]:
    shared = ["lowercase", "folding", "possessive"]
    return {
        "char_filter": {
            "quotes": {"type": "mapping", "mappings": ["\u2019=>'", "\u2018=>'", "\u02bc=>'"]},
        },
        "filter": {
            "folding": {"type": "asciifolding", "preserve_original": False},
            "possessive": {"type": "stemmer", "language": "possessive_english"},
            "stem": {"type": "stemmer", "language": "english"},
            "stop_words": {"type": "stop", "stopwords": sorted(STOP_WORDS)},
            "synonyms": {"type": "synonym_graph", "synonyms": read_synonyms(), "lenient": False},
        },
        "analyzer": {
            "item_text": {
                "tokenizer": "standard",
                "char_filter": ["quotes"],
                "filter": [*shared, "stem"],
            },
            "item_query": {
                "tokenizer": "standard",
                "char_filter": ["quotes"],
                "filter": [*shared, "synonyms", "stop_words", "stem"],
            },
        },
        "normalizer": {"folded": {"type": "custom", "filter": ["lowercase", "asciifolding"]}},
    }
