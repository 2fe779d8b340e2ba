"""Problems of synonyms."""

from chassis.problems import Malformed, Missing, Refused
from search.synonyms.book import BadRule


class NoSuchRule(Missing):
    """There is no such rule, shipped or written."""

    title = "There is no such synonym rule"


class TooManyRules(Refused):
    """The book is bounded: a query must be read in no time."""

    title = "There are as many synonym rules as there may be"


def rule_problem(error: BadRule) -> Malformed:
    """What is wrong with the text of a rule."""
    fault = {"field": "rule", "rule": "synonyms", "message": str(error)}
    return Malformed(f"check rule: {error}", errors=[fault])
