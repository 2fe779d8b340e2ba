"""How the engine stores and analyses an item. Pure."""

from typing import Any, Final

from search.embedding.model import DIMENSIONS
from search.indexing.words import GAP

#: What searches read: live items only.
READ_ALIAS: Final = "items"
#: What is written to: exactly one index.
WRITE_ALIAS: Final = "items-write"
#: Grows with each change of the mapping or the analysers; a running index is made anew then.
MAPPING_VERSION: Final = 3
#: Grows when an item makes another document.
DOCUMENT_FORM: Final = 1
FIRST_INDEX: Final = f"items-v{MAPPING_VERSION}-000001"

#: What an item is about, as a vector; not in the stored document, which it would double.
MEANING: Final = "meaning"

_KEYWORD: Final = {"type": "keyword", "ignore_above": 512}
_STORED: Final = {"type": "keyword", "index": False, "doc_values": False}
_TEXT: Final = {"type": "text", "analyzer": "item_text", "similarity": "short_texts"}
#: As written, without stems.
_EXACT: Final = {"type": "text", "analyzer": "item_exact", "similarity": "short_texts"}
#: Neighbours as one word as well: "face wash" is found by "facewash".
_JOINED: Final = {
    "type": "text",
    "analyzer": "item_joined",
    "search_analyzer": "item_exact",
    "similarity": "short_texts",
    "norms": False,
}
_NAME: Final = {**_KEYWORD, "normalizer": "folded"}
#: Beginnings of words, for suggestions while somebody types.
_STARTS: Final = {
    "type": "text",
    "analyzer": "item_starts",
    "search_analyzer": "item_exact",
    "norms": False,
    "index_options": "docs",
}
_LEAF_NAME: Final = {**_KEYWORD, "normalizer": "folded_leaf"}
#: What a thing is: the last word before a dash, a comma or a preposition.
_HEAD: Final = {"type": "text", "analyzer": "item_head", "search_analyzer": "item_text"} | {
    "norms": False,
    "index_options": "docs",
}
#: The last level of a category alone.
_LEAF: Final = {
    "type": "text",
    "analyzer": "item_leaf",
    "search_analyzer": "item_text",
    "similarity": "short_texts",
}
#: The last word of each part of a type or category: what is in it.
_HEADS: Final = {**_HEAD, "analyzer": "item_heads"}
_SPELT: Final = {"copy_to": "spelling"}

#: Brought in from what sellers are known for; they change without a new version of the item.
SELLER_PROPERTIES: Final[dict[str, Any]] = {
    "seller_rating_hundredths": {"type": "short"},
    "seller_rating_count": {"type": "integer"},
}
#: What is added to what is told of an item.
ADDED_PROPERTIES: Final[dict[str, Any]] = {
    **SELLER_PROPERTIES,
    MEANING: {"type": "knn_vector", "dimension": DIMENSIONS},
}
PROPERTIES: Final[dict[str, Any]] = {
    **ADDED_PROPERTIES,
    "item_id": _KEYWORD,
    "version": {"type": "long"},
    "deleted": {"type": "boolean"},
    "seller_id": _KEYWORD,
    "community": _KEYWORD,
    "status": _KEYWORD,
    "kind": _KEYWORD,
    "title": _TEXT
    | _SPELT
    | {"fields": {"exact": _EXACT, "joined": _JOINED, "head": _HEAD, "starts": _STARTS}},
    "description": _TEXT,
    "brand": _TEXT | _SPELT | {"fields": {"name": _NAME, "raw": _KEYWORD, "joined": _JOINED}},
    "item_type": _TEXT
    | _SPELT
    | {"fields": {"name": _NAME, "joined": _JOINED, "heads": _HEADS, "starts": _STARTS}},
    "category": _TEXT | _SPELT | {"fields": {"leaf": _LEAF, "heads": _HEADS, "name": _LEAF_NAME}},
    #: "Home", "Home > Kitchen": each level with its way down, for facets and subtrees.
    "category_path": {**_KEYWORD, "fields": {"folded": _NAME, "starts": _STARTS}},
    #: The words of titles, brands and categories, to know which are misspelt.
    "spelling": {"type": "text", "analyzer": "item_exact", "norms": False},
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


_CHAR_FILTERS: Final[dict[str, Any]] = {
    "quotes": {"type": "mapping", "mappings": ["\u2019=>'", "\u2018=>'", "\u02bc=>'"]},
    # "Basmati Rice - Classic, 5 kg" is a rice, "Soap for Men" a soap.
    "before_break": {
        "type": "pattern_replace",
        "pattern": r"(?i)^(.*?\w.*?)(\s+[-\u2013+&]|[,(+/]|\s(for|with|in|of|from)\s).*$",
        "replacement": "$1",
    },
    "last_word": {
        "type": "pattern_replace",
        "pattern": r"^.*?([\w']+)\W*$",
        "replacement": "$1",
    },
    "upper_levels": {
        "type": "pattern_replace",
        "pattern": "^.*> ",
        "replacement": "",
    },
    # "500 g" is one word.
    "sizes": {"type": "pattern_replace", "pattern": f"(?i){GAP}", "replacement": ""},
}
_TOKENIZERS: Final[dict[str, Any]] = {
    # "Bathing Bars & Soaps" are bars and soaps.
    "parts": {"type": "pattern", "pattern": r"\s*(?:[&,/+>(]|\sand\s)\s*"},
}
_FILTERS: Final[dict[str, Any]] = {
    "folding": {"type": "asciifolding", "preserve_original": False},
    "possessive": {"type": "stemmer", "language": "possessive_english"},
    "stem": {"type": "stemmer", "language": "english"},
    "neighbours": {
        "type": "shingle",
        "min_shingle_size": 2,
        "max_shingle_size": 2,
        "output_unigrams": True,
        "token_separator": "",
    },
    "last_word": {
        "type": "pattern_replace",
        "pattern": r"^.*\s(\S+)\s*$",
        "replacement": "$1",
    },
    "starts": {"type": "edge_ngram", "min_gram": 1, "max_gram": 12},
}
_NORMALIZERS: Final[dict[str, Any]] = {
    "folded": {"type": "custom", "filter": ["lowercase", "asciifolding"]},
    "folded_leaf": {
        "type": "custom",
        "char_filter": ["upper_levels"],
        "filter": ["lowercase", "asciifolding"],
    },
}


def index_body(*, refresh_ms: int, replicas: int) -> dict[str, Any]:
    """Settings and mapping of a new index."""
    return {
        "settings": {
            "index": {
                "number_of_shards": 1,
                "number_of_replicas": replicas,
                "refresh_interval": f"{refresh_ms}ms",
                "max_result_window": 10_000,
                "similarity": {"short_texts": {"type": "BM25", "k1": 0.6, "b": 0.4}},
            },
            "analysis": _analysis(),
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"mapping_version": MAPPING_VERSION},
            "_source": {"excludes": [MEANING]},
            "properties": PROPERTIES,
        },
    }


def _analysis() -> dict[str, Any]:
    shared = ["lowercase", "folding", "possessive"]
    text = {"tokenizer": "standard", "char_filter": ["quotes", "sizes"]}
    plain = {"tokenizer": "standard", "char_filter": ["quotes"]}
    return {
        "char_filter": _CHAR_FILTERS,
        "tokenizer": _TOKENIZERS,
        "filter": _FILTERS,
        "analyzer": {
            "item_text": {**text, "filter": [*shared, "stem"]},
            "item_exact": {**text, "filter": shared},
            "item_joined": {**plain, "filter": [*shared, "neighbours"]},
            "item_starts": {**plain, "filter": [*shared, "starts"]},
            "item_heads": {
                "tokenizer": "parts",
                "char_filter": ["quotes", "upper_levels"],
                "filter": ["last_word", *shared, "stem"],
            },
            "item_leaf": {
                "tokenizer": "standard",
                "char_filter": ["quotes", "upper_levels"],
                "filter": [*shared, "stem"],
            },
            "item_head": {
                "tokenizer": "standard",
                "char_filter": ["quotes", "before_break", "last_word"],
                "filter": [*shared, "stem"],
            },
        },
        "normalizer": _NORMALIZERS,
    }
