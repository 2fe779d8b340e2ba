"""Ends what a supervisor that was killed has left running."""

import signal
import time
from typing import Final

from embedded.identity import ProcessRecord, with_environment
from embedded.places import Places

#: Every process of a stack carries its id here, so that none can be overlooked.
STACK_VARIABLE: Final = "LOCALEX_STACK_ID"
_STOP_SECONDS: Final = 20.0
_FAST_STOP: Final = {"postgres": signal.SIGINT}


def leftovers(places: Places, stack_id: str | None) -> list[ProcessRecord]:
    """The processes of this stack that still run, whoever started them.

    Recorded ones first; then any that carry the stack's id, such as a child of one of ours.
    """
    found: dict[int, ProcessRecord] = {}
    for path in sorted(places.run.glob("*.json")):
        record = ProcessRecord.read(path)
        if record is not None and record.is_alive():
            found[record.pid] = record
    if stack_id is not None:
        for record in with_environment(STACK_VARIABLE, stack_id):
            found.setdefault(record.pid, record)
    return list(found.values())


def end_leftovers(places: Places, stack_id: str | None) -> list[str]:
    """End them: asked first, made to after a while.

    Returns:
        Their names.
    """
    present = leftovers(places, stack_id)
    for record in present:
        record.send(_FAST_STOP.get(record.name, signal.SIGTERM))
    deadline = time.monotonic() + _STOP_SECONDS
    while any(record.is_alive() for record in present) and time.monotonic() < deadline:
        time.sleep(0.05)
    for record in leftovers(places, stack_id):
        record.send(signal.SIGKILL)
    for path in places.run.glob("*.json"):
        path.unlink(missing_ok=True)
    places.control_socket.unlink(missing_ok=True)
    return [record.name for record in present]
