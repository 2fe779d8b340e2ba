"""The stack as an object: what tests and benchmarks start, break and stop."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from embedded.identity import ProcessRecord
from embedded.launching import connect, fetch_servers, spawn_supervisor, wait_until_ready
from embedded.places import Places
from embedded.profiles import Profile
from embedded.settings import read_settings
from embedded.supervise.client import Client, NotRunning


class Stack:
    """A running stack of real servers, in a data folder of its own.

    Its supervisor is a process of its own that stops everything when this object is closed, or
    this process ends however it ends.
    """

    def __init__(
        self,
        places: Places,
        process: subprocess.Popen[bytes],
        client: Client,
        *,
        temporary: bool = False,
    ) -> None:
        """Wrap a started stack; use `Stack.start`."""
        self._temporary = temporary
        self._places = places
        self._process = process
        self._client = client

    @classmethod
    def start(  # noqa: PLR0913 - all but two by keyword
        cls,
        data_dir: Path | None = None,
        profile: Profile = "full",
        *,
        parts: Sequence[str] | None = None,
        services: Sequence[str] | bool = True,
        migrate: bool | None = None,
        detours: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        tls: bool = False,
        within_seconds: float = 300,
    ) -> Self:
        """Start a stack and wait until all of it is ready.

        Args:
            data_dir: Its data folder; an earlier one is started again as it was. When not given,
                a new one that goes with the stack.
            profile: `full`, or `lite` for a stack without OpenSearch and S3.
            parts: Only these servers, such as `["postgres"]`.
            services: All services, none, or those named.
            migrate: Whether to bring the schemas up; done for services when not given.
            detours: Ports that services are told instead of those of parts: somebody stands in
                between, such as a test that cuts connections. By part, such as `postgres`, or for
                one service alone, `ledger:postgres`.
            environment: Variables for the services, such as `LEDGER_POOL_MAX`.
            tls: Whether the gateway speaks TLS, by a certificate for this machine.
            within_seconds: How long it may take; fetching for the first time not counted.

        Raises:
            FetchFailed: A server could not be had.
            StartFailed: A part did not come up; the message has its log's end.
        """
        places = Places.of(data_dir or _temporary_folder())
        fetch_servers(profile, parts, None)
        process = spawn_supervisor(
            places,
            profile,
            only=parts,
            services=None if services is True else services or (),
            migrate=bool(services) if migrate is None else migrate,
            detours=detours,
            environment=environment,
            tls=tls,
        )
        client = connect(places, process)
        stack = cls(places, process, client, temporary=data_dir is None)
        try:
            client.ask("attach")
            wait_until_ready(client, within_seconds=within_seconds)
        except BaseException:
            stack.close()
            raise
        return stack

    @property
    def data_dir(self) -> Path:
        """The data folder."""
        return self._places.data

    @property
    def logs(self) -> Path:
        """The folder with what every part has said."""
        return self._places.logs

    @property
    def settings(self) -> dict[str, str]:
        """The settings that services are given, by name."""
        return read_settings(self._places.settings_file)

    @property
    def urls(self) -> dict[str, str]:
        """The address of each part that has one."""
        return {part["name"]: part["url"] for part in self.status()["parts"] if part["url"]}

    @property
    def superuser_url(self) -> str:
        """The database as its superuser: for tests of roles and for scratch databases."""
        from embedded.credentials import load_credentials

        base = self.urls["postgres"].removeprefix("postgresql://")
        return f"postgresql://postgres:{load_credentials(self._places).postgres_superuser}@{base}"

    def status(self) -> dict[str, Any]:
        """How everything is, in the form of `localex status --json`."""
        return self._client.status()

    def part(self, name: str) -> dict[str, Any]:
        """How one part is."""
        return next(part for part in self.status()["parts"] if part["name"] == name)

    def log(self, name: str) -> str:
        """What a part has said."""
        return self._places.log_of(name).read_text(encoding="utf-8", errors="replace")

    def stop(self, name: str) -> None:
        """Stop one part; it stays down until it is started."""
        self._client.ask("stop", name=name)

    def start_part(self, name: str, *, wait_seconds: float = 60) -> None:
        """Start one part that was stopped, and wait until it is ready."""
        self._client.ask("start", name=name, wait_seconds=wait_seconds)

    def restart(self, name: str, *, wait_seconds: float = 60) -> None:
        """Stop and start one part, and wait until it is ready."""
        self._client.ask("restart", name=name, wait_seconds=wait_seconds)

    def kill(self, name: str) -> int:
        """End one part's process at once, behind the supervisor's back.

        Returns:
            The process id it had.

        Raises:
            LookupError: It does not run.
        """
        record = ProcessRecord.read(self._places.record_of(name))
        if record is None or not record.send(signal.SIGKILL):
            raise LookupError(f"{name} does not run")
        return record.pid

    def wait_until_ready(self, within_seconds: float = 60) -> None:
        """Wait until every part that is not stopped on purpose is ready."""
        wait_until_ready(self._client, within_seconds=within_seconds)

    def close(self) -> None:
        """Stop everything; nothing is left but the data folder, unless that was temporary."""
        with contextlib.suppress(NotRunning):
            self._client.ask("down")
        self._process.wait(timeout=120)
        self._client.close()
        if self._temporary:
            shutil.rmtree(self._places.data, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _temporary_folder() -> Path:
    """A folder that the server user can reach, which pytest's own are not to root's servers."""
    return Path(tempfile.mkdtemp(prefix="localex-"))
