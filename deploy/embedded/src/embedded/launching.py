"""Starts a supervisor and waits until the stack is ready; what `localex up` and tests share."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from embedded.fetch.cache import Watcher
from embedded.fetch.servers import ensure_servers
from embedded.places import Places, cache_dir
from embedded.profiles import Profile, server_names
from embedded.site import lay_out
from embedded.supervise.client import Client, NotRunning, is_locked
from embedded.tail import tail_of

_LOOK_EVERY_SECONDS: Final = 0.1
#: A part that ended this often and was never ready needs a person; it is still started again.
_CRASHES_MAX: Final = 3


class StartFailed(Exception):
    """The stack did not come up; the message says which part and what its log says."""


def fetch_servers(profile: Profile, only: Sequence[str] | None, watcher: Watcher | None) -> None:
    """Have everything that the chosen servers need."""
    ensure_servers(list(only) if only is not None else server_names(profile), cache_dir(), watcher)


def spawn_supervisor(  # noqa: PLR0913 - all but two by keyword
    places: Places,
    profile: Profile,
    *,
    only: Sequence[str] | None = None,
    services: Sequence[str] | None = None,
    migrate: bool = True,
    detours: Mapping[str, int] | None = None,
    environment: Mapping[str, str] | None = None,
    tls: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a supervisor in the background.

    Args:
        places: The layout of its data folder.
        profile: What to leave out.
        only: Servers to have; all of the profile when not given.
        services: Services to have; all when not given.
        migrate: Whether to bring the schemas up.
        detours: Ports that services are told instead of those of parts, by part or
            `service:part`.
        environment: Variables on top of ours, such as settings of services.
        tls: Whether the gateway speaks TLS, by a certificate for this machine.
    """
    lay_out(places)
    command = [sys.executable, "-m", "embedded.supervise"]
    command += ["--data", str(places.data), "--profile", profile]
    if only is not None:
        command += ["--servers", ",".join(only)]
    if services is not None:
        command += ["--services", ",".join(services)]
    if tls:
        command.append("--tls")
    if not migrate:
        command.append("--no-migrations")
    if detours:
        command += ["--detours", ",".join(f"{name}={port}" for name, port in detours.items())]
    with places.log_of("supervisor").open("ab") as output:
        return subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def connect(
    places: Places, process: subprocess.Popen[bytes] | None, *, within_seconds: float = 30
) -> Client:
    """Connect to a supervisor that is coming up.

    Raises:
        StartFailed: It ended, or does not answer.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            return Client(places)
        except NotRunning:
            ended = process is not None and process.poll() is not None
            if (ended and not is_locked(places.lock_file)) or time.monotonic() > deadline:
                tail = "\n  ".join(tail_of(places.log_of("supervisor")))
                raise StartFailed(
                    f"the supervisor did not start; its log ends:\n  {tail}"
                ) from None
            time.sleep(0.02)


def wait_until_ready(
    client: Client,
    *,
    within_seconds: float = 300,
    show: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Wait until every part is ready.

    Returns:
        The status then.

    Raises:
        StartFailed: A part has failed for good, or time is up.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        status = client.status()
        if show is not None:
            show(status)
        if status["ready"]:
            return status
        given_up = status["failed"] or status["closing"] or any(map(_keeps_ending, status["parts"]))
        if given_up or time.monotonic() > deadline:
            raise StartFailed(explain(status))
        time.sleep(_LOOK_EVERY_SECONDS)


def _keeps_ending(part: dict[str, Any]) -> bool:
    never_ready = part["ready_after_seconds"] is None
    return bool(never_ready and part["restarts"] >= _CRASHES_MAX)


def explain(status: dict[str, Any]) -> str:
    """Why a stack is not ready: the parts that failed or keep ending, each with its log's end."""
    lines = []
    for part in status["parts"]:
        if part["state"] in {"failed", "backing off"} or part["restarts"]:
            lines.append(f"{part['name']} is {part['state']}: {part['last_error']}")
            lines += [f"    {line}" for line in part["log_tail"]]
    if not lines:
        late = [part["name"] for part in status["parts"] if part["state"] not in {"ready", "done"}]
        return (
            "the stack is being stopped" if status["closing"] else f"not ready: {', '.join(late)}"
        )
    return "\n".join(lines)
