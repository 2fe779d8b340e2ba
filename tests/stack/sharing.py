"""How several test processes share the tests: by file; those of slow tests last, in one process.

Slow tests kill servers and fill the machine by themselves: beside others both would take longer,
and what has a limit of time would miss it. The root `conftest.py` loads this.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling

_SLOW: Final = "files of slow tests"


class Sharing(LoadFileScheduling):  # type: ignore[misc]
    """Hands out files, and after them those of slow tests all at once."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return _SLOW if _has_slow_tests(self.config.rootpath / file) else str(file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing | None:
    """Share by file as this module says."""
    return Sharing(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files of slow tests come last: they are handed out in this order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _has_slow_tests(item.path))


@cache
def _has_slow_tests(file: Path) -> bool:
    return "pytest.mark.slow" in file.read_text(encoding="utf-8")
