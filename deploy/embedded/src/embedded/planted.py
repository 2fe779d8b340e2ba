"""A service with a mistake planted in it, to see `localex torture` find it; development only.

The stack starts its services so when `LOCALEX_PLANTED_BUG` names one. The services know nothing of
it: where they are started by themselves there is nothing to switch on.
"""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any, Final

from aiokafka.errors import KafkaError
from faststream import AckPolicy

from chassis import subscribe
from chassis.sending import KafkaSender
from embedded.parts.service import PLANTED_BUG
from embedded.simulation.bugs import BUGS, instead, publish_before_commit


class _Eager:
    """The relay's own sender, for those who do not wait for the relay; what fails is forgotten."""

    def __init__(self) -> None:
        self.sender: KafkaSender | None = None

    async def send(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if self.sender is not None:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await self.sender.send(rows)


@contextmanager
def _published_before_commit() -> Iterator[None]:
    eager, start = _Eager(), KafkaSender.start

    async def started(self: KafkaSender) -> None:
        await start(self)
        eager.sender = self

    with instead((KafkaSender, "start", started)), publish_before_commit(lambda _conn: eager):
        yield


def _offset_first() -> AbstractContextManager[None]:
    return instead((subscribe, "AckPolicy", SimpleNamespace(NACK_ON_ERROR=AckPolicy.ACK_FIRST)))


#: Mistakes of the simulation's, as a real process would make them.
RUNNING: Final[dict[str, Callable[[], AbstractContextManager[None]]]] = {
    "inbox-check-skipped": BUGS["inbox-check-skipped"].plant,
    "published-before-commit": _published_before_commit,
    "offset-first": _offset_first,
}


def main(arguments: Sequence[str]) -> None:
    """Run a service as `python -m SERVICE ARGUMENTS` would, with a bug.

    Args:
        arguments: The bug, the service, and what it is told.

    Raises:
        SystemExit: There is no such bug, or this is not development.
    """
    bug, name, *told = arguments
    if bug not in RUNNING:
        raise SystemExit(f"{PLANTED_BUG} is one of {', '.join(RUNNING)}, not {bug!r}")
    service = importlib.import_module(f"{name}.main").service
    if service.settings().env != "dev":
        raise SystemExit(f"{PLANTED_BUG} is for development only")
    with RUNNING[bug]():
        service.main(told)


if __name__ == "__main__":
    main(sys.argv[1:])
