"""How several test processes share the tests: by file; those that want the machine last, in one.

Slow tests of the whole system kill servers and fill the machine by themselves: beside others both
would take longer, and what has a limit of time would miss it. Slow tests of one service, and of
the image, are handed out first, so that none of them is left at the end. The root `conftest.py`
loads this.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling

_ALONE: Final = "files of tests that want the machine"
_FIRST, _AMONG, _LAST = range(3)


class Sharing(LoadFileScheduling):  # type: ignore[misc]
    """Hands out files, and after them those that want the machine all at once."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return _ALONE if _turn_of(self.config.rootpath, file) == _LAST else str(file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing | None:
    """Share by file as this module says."""
    return Sharing(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files are handed out in this order, and each test has an id of its own."""
    _name_each(items)
    if hasattr(config, "workerinput"):
        root = config.rootpath
        items.sort(key=lambda item: _turn_of(root, str(item.path.relative_to(root))))


@cache
def _turn_of(root: Path, file: str) -> int:
    text = (root / file).read_text(encoding="utf-8")
    if "pytest.mark.slow" not in text:
        return _AMONG
    beside_others = file.startswith(("services/", "libs/", "tests/compose/"))
    return _FIRST if beside_others and "pytest.mark.alone" not in text else _LAST


def _name_each(items: list[pytest.Item]) -> None:
    """See to it that ids differ: of those that are alike several processes run one only."""
    seen: set[str] = set()
    for item in items:
        if not item.nodeid.endswith(item.name):
            # Schemathesis leaves the route out of the id.
            item._id = item.id.with_params(item.name.partition("[")[2].removesuffix("]"))
        if item.nodeid in seen:
            raise pytest.UsageError(f"two tests are called {item.nodeid}")
        seen.add(item.nodeid)
