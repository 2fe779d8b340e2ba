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
    process: subprocess.Popen[bytes] | None = None
    try:
        client = Client(places)
    except NotRunning:
        process = _start(places, profile, tls=tls)
    else:
        if _already_up(client, places, begun):
            return
    _follow(places, process, begun, detach=detach or process is None)


def _already_up(client: Client, places: Places, begun: float) -> bool:
    status = client.status()
    if not status["ready"] or status["closing"]:
        client.close()
        return False
    from embedded.show import console, print_welcome

    took = time.perf_counter() - begun
    console.print(f"Everything ({status['profile']}) is up already; {took:.2f} s to find out.")
    print_welcome(status, places.operator_file)
    client.close()
    return True


def _start(
    places: Places, profile: Literal["full", "lite"], *, tls: bool
) -> subprocess.Popen[bytes]:
    from embedded.launching import fetch_servers, spawn_supervisor
    from embedded.show import FetchDisplay

    with FetchDisplay() as display:
        fetch_servers(profile, None, display)
    return spawn_supervisor(places, profile, tls=tls)


def _follow(
    places: Places, process: subprocess.Popen[bytes] | None, begun: float, *, detach: bool
) -> None:
    from embedded.launching import StartFailed, connect, wait_until_ready
    from embedded.show import StartDisplay, console, print_welcome, progress_table

    def interrupted(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    client: Client | None = None
    try:
        client = connect(places, process)
        if process is None:
            client.ask("retry")
        elif not detach:
            client.ask("attach")
        with StartDisplay(begun) as display:
            status = wait_until_ready(client, show=display.show)
        console.print(progress_table(status, display.elapsed_seconds))
        print_welcome(status, places.operator_file)
        if detach:
            return
        console.print("\nCtrl-C stops everything.")
        _stay(client)
    except StartFailed as error:
        console.print(str(error), style="red", markup=False)
        console.print(f"The rest keeps trying; see `localex status`, logs in {places.logs}.")
        sys.exit(1)
    except KeyboardInterrupt:
        from embedded.commands.down import take_down

        if process is not None:
            process.terminate()
            take_down(places)
        sys.exit(130)


def _stay(client: Client) -> None:
    """Stay until interrupted, telling of crashes."""
    from embedded.show import console

    restarts: dict[str, int] = {}
    try:
        while True:
            time.sleep(1)
            for part in client.status()["parts"]:
                name, count = part["name"], part["restarts"]
                if count > restarts.get(name, 0):
                    restarts[name] = count
                    console.print(
                        f"{name} {part['last_error']}; it was started again", markup=False
                    )
    except NotRunning:
        console.print("The stack was stopped.")
