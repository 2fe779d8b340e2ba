"""`localex stop|start|restart|kill NAME`: one part alone, for maintenance and for faults."""

import signal

from cyclopts import App

from embedded.commands.options import DataOption
from embedded.identity import ProcessRecord
from embedded.places import Places
from embedded.supervise.client import Client


def register(app: App) -> None:
    """Add the commands."""
    app.command(stop)
    app.command(start)
    app.command(restart)
    app.command(kill)


def stop(name: str, *, data: DataOption = None) -> None:
    """Stop one part; it stays down until it is started.

    Args:
        name: The part.
        data: Data folder.
    """
    with Client(Places.of(data)) as client:
        client.ask("stop", name=name)
    print(f"{name} is stopped")


def start(name: str, *, data: DataOption = None, wait_seconds: float = 60) -> None:
    """Start one part that was stopped.

    Args:
        name: The part.
        data: Data folder.
        wait_seconds: How long to wait until it is ready; 0 returns at once.
    """
    with Client(Places.of(data), timeout_seconds=wait_seconds + 30) as client:
        client.ask("start", name=name, wait_seconds=wait_seconds)
    print(f"{name} is started")


def restart(name: str, *, data: DataOption = None, wait_seconds: float = 60) -> None:
    """Stop and start one part.

    Args:
        name: The part.
        data: Data folder.
        wait_seconds: How long to wait until it is ready; 0 returns at once.
    """
    with Client(Places.of(data), timeout_seconds=wait_seconds + 90) as client:
        client.ask("restart", name=name, wait_seconds=wait_seconds)
    print(f"{name} is restarted")


def kill(name: str, *, data: DataOption = None) -> None:
    """End one part's process at once (SIGKILL), behind the supervisor's back: a made fault.

    Args:
        name: The part.
        data: Data folder.
    """
    record = ProcessRecord.read(Places.of(data).record_of(name))
    if record is None or not record.send(signal.SIGKILL):
        raise LookupError(f"{name} does not run")
    print(f"{name} (process {record.pid}) was killed; the supervisor will start it again")
