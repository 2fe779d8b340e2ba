"""A word where an id belongs: the route that has the word is the one that is meant.

`/v1/items/import` is a route by its words, and `/v1/items/{item_id}` would take the word for an id.
The framework goes on to the next route when the first has no such method, and the client is told of
an id, or of a precondition, that it never spoke of. Here a path belongs to the route with the most
words, from the left, as OpenAPI has it; the others don't exist there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.problems import Problem

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SLOT: Final = re.compile(r"\{\w+\}")


class MethodUnknown(Problem):
    """The path is a route's, word for word, and that route has no such method."""

    status = 405
    title = "The route has no such method"

    @classmethod
    def slug(cls) -> str:
        """The name that the framework's own refusals have, too."""
        return "the-route-has-no-such-method"

    def headers(self) -> dict[str, str]:
        """Which methods it has."""
        return {"Allow": ", ".join(self.facts["allow"])}


def in_order(methods: Iterable[str]) -> list[str]:
    """Methods as they are always told."""
    there = frozenset(methods)
    return [method for method in METHODS if method in there]


@dataclass(frozen=True, slots=True)
class Words:
    """Routes whose words another route would take for an id.

    Attributes:
        whole: Methods by path, of routes that are words alone.
        partly: The same for routes with a parameter, those with the most words first.
    """

    whole: Mapping[str, frozenset[str]]
    partly: tuple[tuple[re.Pattern[str], frozenset[str]], ...]

    def methods(self, path: str) -> frozenset[str] | None:
        """Methods that there are at a path which is such a route's; nothing at any other."""
        found = self.whole.get(path)
        if found is not None or not self.partly:
            return found
        return next((methods for form, methods in self.partly if form.fullmatch(path)), None)


def read_words(routes: Mapping[str, frozenset[str]]) -> Words:
    """Find the routes which have a word where another has a parameter.

    Args:
        routes: Methods by path, with parameters in braces.
    """
    parts = {path: path.split("/") for path in routes}
    named: set[str] = set()
    for one, other in combinations(routes, 2):
        if not _may_meet(parts[one], parts[other]):
            continue
        # Where they differ first, one has a word.
        named.add(min(one, other, key=lambda path: _slots(parts[path])))
    ordered = sorted(named, key=lambda path: _slots(parts[path]))
    return Words(
        {path: routes[path] for path in ordered if "{" not in path},
        tuple((_form(path), routes[path]) for path in ordered if "{" in path),
    )


def _slots(parts: list[str]) -> list[bool]:
    return ["{" in part for part in parts]


def _may_meet(one: list[str], other: list[str]) -> bool:
    """Whether some path is both routes', and one of them has more words."""
    return (
        len(one) == len(other)
        and _slots(one) != _slots(other)
        and all(_fits(a, b) or _fits(b, a) for a, b in zip(one, other, strict=True))
    )


def _fits(part: str, other: str) -> bool:
    """Whether what one part stands for may be the other."""
    return "{" in other or _form(part).fullmatch(other) is not None


def _form(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(word) for word in _SLOT.split(path)))


class WordsBeforeIds:
    """Pure ASGI before the router: refuses a method that the route of these words does not have."""

    def __init__(self, app: ASGIApp, words: Words) -> None:
        """Wrap `app`."""
        self._app = app
        self._words = words

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not refused.

        Raises:
            MethodUnknown: The path is a route's by its words, and the method is not.
        """
        if scope["type"] == "http":
            methods = self._words.methods(scope["path"])
            if methods is not None and scope["method"] not in methods:
                allow = in_order(methods)
                raise MethodUnknown(
                    f"{scope['path'][:200]} is asked with {' or '.join(allow)}", allow=allow
                )
        await self._app(scope, receive, send)
