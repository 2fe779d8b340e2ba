"""Which rules hold. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from search.synonyms.book import Rule, id_of

RULES_MAX: Final = 1_000


def rules_in_force(shipped: Iterable[Rule], rows: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """The operators' rules, and those shipped ones that nobody has switched off."""
    off = {row["rule_id"] for row in rows if not row["active"]}
    own = [Rule.read(row["rule"]) for row in rows if row["active"] and not row["shipped"]]
    return [*own, *(rule for rule in shipped if id_of(rule) not in off)]
