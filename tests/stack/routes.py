"""Routes are read once a process, not once for each application, of which every test makes one.

The framework reads a router's routes again for each application that includes it, which took most
tests of a service longer than what they try. What it reads depends on the application only by
`dependency_overrides`, which nobody uses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import routing


@contextmanager
def routes_read_once() -> Iterator[None]:
    """Let applications that include the same router alike share what was read of it."""
    included = routing._IncludedRouter
    read = included.effective_candidates
    known: dict[tuple[int, str, int | None, int], Any] = {}

    def candidates(self: Any) -> Any:
        version = self.original_router._get_routes_version()
        if version != self._effective_candidates_version:
            how = self.include_context
            key = (id(self.original_router), how.prefix, how.max_body_size, version)
            # The router is kept with it: another one must not get its identity.
            if key not in known:
                known[key] = (self.original_router, read(self))
            self._effective_candidates = known[key][1]
            self._effective_candidates_version = version
        return self._effective_candidates

    patch = pytest.MonkeyPatch()
    patch.setattr(included, "effective_candidates", candidates)
    try:
        yield
    finally:
        patch.undo()
