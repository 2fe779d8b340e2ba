"""`localex down`: everything off, nothing left."""

import time

from cyclopts import App

from embedded.commands.options import DataOption
from embedded.identity import ProcessRecord
from embedded.places import Places
from embedded.supervise.client import Client, NotRunning, is_locked


def register(app: App) -> None:
    """Add the command."""
    app.command(down)


def down(*, data: DataOption = None) -> None:
    """Stop everything: services first, then the servers.

    Args:
        data: Data folder.
    """
    take_down(Places.of(data))


def take_down(places: Places, *, quiet: bool = False) -> None:
    """Stop the stack of a data folder, also one whose supervisor was killed."""
    from embedded.state import stack_id_of
    from embedded.supervise.leftovers import end_leftovers

    begun = time.perf_counter()
    asked, told = _ask(places), False
    supervisor = ProcessRecord.read(places.supervisor_file)
    while is_locked(places.lock_file) or (supervisor is not None and supervisor.is_alive()):
        time.sleep(0.05)
        # A supervisor that has only just begun does not listen yet.
        asked = asked or _ask(places)
        if not told and not quiet and any(places.data.glob("*/quickstart.aot*")):
            told = True
            print("The first stop takes longer: the Java servers write their quick-start archives.")
    stack_id = stack_id_of(places)
    names = end_leftovers(places, stack_id) if stack_id else []
    if names and not quiet:
        print(f"Ended {', '.join(names)}, left by a supervisor that was killed.")
    if not quiet:
        print(f"Everything is down ({time.perf_counter() - begun:.1f} s).")


def _ask(places: Places) -> bool:
    try:
        with Client(places) as client:
            client.ask("down")
    except NotRunning:
        return False
    return True
