"""How routes with an id are tried by those who have no part in what it names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Case(NamedTuple):
    """How a route is tried.

    Attributes:
        id: Which of the owner's things.
        body: Of a write, as its owner could send it.
        query: Likewise.
        owners: What its owner is answered: a trade is rated when it is over.
    """

    id: str
    body: Mapping[str, Any] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
    owners: int = 200
