"""Which rules hold. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from search.synonyms.book import Rule

RULES_MAX: Final = 1_000
_NAMESPACE: Final = UUID("5d3c1c0a-6f0e-4b1c-9a57-6b6f0f6b6f21")


def id_of(rule: Rule) -> UUID:
    """A rule's id: the same for the same words, so that it can't be there twice."""
    return uuid5(_NAMESPACE, str(rule))


def rules_in_force(shipped: Iterable[Rule], rows: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """The operators' rules, and those shipped ones that nobody has switched off."""
    off = {row["rule_id"] for row in rows if not row["active"]}
    own = [Rule.read(row["rule"]) for row in rows if row["active"] and not row["shipped"]]
    return [*own, *(rule for rule in shipped if id_of(rule) not in off)]
