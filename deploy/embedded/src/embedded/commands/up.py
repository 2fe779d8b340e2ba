"""`localex up`: everything from nothing to ready."""

import signal
import subprocess
import sys
import time
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places
from embedded.supervise.client import Client, NotRunning


def register(app: App) -> None:
    """Add the command."""
    app.command(up)


def up(
    *,
    detach: Annotated[bool, Parameter(name=["--detach", "-d"], negative=())] = False,
    profile: Literal["full", "lite"] = "full",
    tls: Annotated[bool, Parameter(negative=())] = False,
    data: DataOption = None,
) -> None:
    """Start everything and say where it is.

    Args:
        detach: Return when it is ready; otherwise stay, and stop everything on Ctrl-C.
        profile: `lite` goes without OpenSearch and S3: no search, no images; the rest works.
        tls: The gateway speaks TLS, by a certificate for this machine that is made for it.
        data: Data folder.
    """
    places = Places.of(data)
    begun = time.perf_counter()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        client = Client(places)
    except NotRunning:
        _start(places, profile, begun, detach=detach, tls=tls)
    else:
        if not _already_up(client, places, begun):
            _follow(places, None, begun, stays=False)


def _interrupt(_number: int, _frame: Any) -> None:
    signal.raise_signal(signal.SIGINT)


def _already_up(client: Client, places: Places, begun: float) -> bool:
    status = client.status()
    if not status["ready"] or status["closing"]:
        client.close()
        return False
    from embedded.show import console, print_welcome

    took = time.perf_counter() - begun
    console.print(f"Everything ({status['profile']}) is up already; {took:.2f} s to find out.")
    print_welcome(status, places)
    client.close()
    return True


def _start(
    places: Places, profile: Literal["full", "lite"], begun: float, *, detach: bool, tls: bool
) -> None:
    from embedded.commands.down import take_down
    from embedded.launching import fetch_servers, spawn_supervisor
    from embedded.show import FetchDisplay

    with FetchDisplay() as display:
        fetch_servers(profile, None, display)
    process: subprocess.Popen[bytes] | None = None
    try:
        process = spawn_supervisor(places, profile, tls=tls)
        _follow(places, process, begun, stays=not detach)
    except KeyboardInterrupt:
        if process is not None:
            process.terminate()
        take_down(places)
        sys.exit(130)


def _follow(
    places: Places, process: subprocess.Popen[bytes] | None, begun: float, *, stays: bool
) -> None:
    from embedded.launching import StartFailed, connect, wait_until_ready
    from embedded.show import StartDisplay, console, print_as_it_is, print_welcome, progress_table

    try:
        client = connect(places, process)
        if process is None:
            client.ask("retry")
        elif stays:
            client.ask("attach")
        with StartDisplay(begun) as display:
            status = wait_until_ready(client, show=display.show)
        console.print(progress_table(status, display.elapsed_seconds))
        _have_members(places, status)
        print_welcome(status, places)
        if stays:
            console.print("\nCtrl-C stops everything.")
            _stay(client)
    except StartFailed as error:
        print_as_it_is(str(error), style="red")
        console.print(f"The rest keeps trying; see `localex status`, logs in {places.logs}.")
        sys.exit(1)


def _have_members(places: Places, status: dict[str, Any]) -> None:
    """See to it that there is somebody to log in as; a stack without them is up all the same."""
    if status["gateway"] is None:
        return
    import asyncio

    from embedded.connecting import gateway_of
    from embedded.demo.members import ensure_members
    from embedded.show import console
    from localex_client import ProblemError, Unreachable

    try:
        asyncio.run(ensure_members(places, gateway_of(status)))
    except (ProblemError, Unreachable) as error:
        console.print(f"No members to begin with: {error}", style="yellow", markup=False)


def _stay(client: Client) -> None:
    """Stay until interrupted, telling of crashes."""
    from embedded.show import console, print_crash

    restarts: dict[str, int] = {}
    try:
        while True:
            time.sleep(1)
            for part in client.status()["parts"]:
                name, count = part["name"], part["restarts"]
                if count > restarts.get(name, 0):
                    restarts[name] = count
                    print_crash(part, "it was started again")
    except NotRunning:
        console.print("The stack was stopped.")
