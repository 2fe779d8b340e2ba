"""`localex status`: how each part is."""

import json
import sys
from typing import Annotated

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places
from embedded.supervise.client import Client, NotRunning


def register(app: App) -> None:
    """Add the command."""
    app.command(status)


def status(
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    data: DataOption = None,
) -> None:
    """Show each part: state, process, address, version, memory, uptime. Exit code 3 when down.

    Of a part that ended unasked also how, and the end of its log then.

    Args:
        as_json: For programs.
        data: Data folder.
    """
    places = Places.of(data)
    try:
        with Client(places) as client:
            found = client.status()
    except NotRunning:
        _report_down(places, as_json=as_json)
        sys.exit(3)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    from embedded.show import console, megabytes, print_crash, status_table

    console.print(status_table(found))
    console.print(
        f"{found['profile']} profile, {megabytes(found['rss_bytes'])} in all, "
        f"data in {found['data_folder']}"
    )
    for part in found["parts"]:
        if part["last_error"]:
            print_crash(part, f"it is {part['state']} now")


def _report_down(places: Places, *, as_json: bool) -> None:
    from embedded.state import stack_id_of
    from embedded.supervise.leftovers import leftovers

    stack_id = stack_id_of(places)
    left = leftovers(places, stack_id) if stack_id else []
    if as_json:
        nothing: dict[str, object] = {
            "gateway": None,
            "authority": None,
            "ready": False,
            "parts": [],
        }
        nothing["data_folder"] = str(places.data)
        processes = [{"name": record.name, "pid": record.pid} for record in left]
        print(json.dumps(nothing | {"leftovers": processes}, indent=2))
        return
    print(f"Nothing runs from {places.data}; start it with `localex up`.")
    if left:
        names = ", ".join(f"{record.name} ({record.pid})" for record in left)
        print(f"A supervisor that was killed left {names}; `localex down` ends them.")
