"""A part is kept up: asked until it is ready, started again when it ends, ended when told."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from embedded.credentials import Credentials
from embedded.fetch.servers import Servers
from embedded.identity import ProcessRecord, birth_of
from embedded.parts.base import Launch, NotReady, Server
from embedded.places import Places
from embedded.site import Site
from embedded.supervise import process as process_module
from embedded.supervise import standby as standby_module
from embedded.supervise import worker as worker_module
from embedded.supervise.worker import BACKOFF_MAX_SECONDS, Worker, backoff_seconds


class Program(Server):
    """A small Python program as a server."""

    name = "program"
    ready_seconds = 5

    def __init__(self, code: str) -> None:
        """Run `code`."""
        self._code = code

    def version(self, site: Site) -> str:
        """None that matters."""
        del site
        return "1"

    def launch(self, site: Site) -> Launch:
        """Run it."""
        return Launch([sys.executable, "-c", self._code], {}, None, site.places.data)

    async def identify(self, site: Site, pid: int) -> None:
        """Ready when it has said so, with its own pid."""
        try:
            said = (site.places.data / "ready").read_text()
        except FileNotFoundError:
            raise NotReady("it has not said so") from None
        if said != str(pid):
            raise NotReady(f"process {said} has, not {pid}")


READY = "import os, time; open('ready', 'w').write(str(os.getpid())); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty data folder."""
    places = Places.of(tmp_path)
    places.logs.mkdir()
    places.run.mkdir()
    return Site(places, "test", "full", {}, Credentials(), Servers(), None)


#: Waits for its turn when it is told to stand by, and says that it waits.
PATIENT = (
    "import os, sys\n"
    "if sys.argv[1:]:\n"
    "    open('waiting', 'w').write(str(os.getpid()))\n"
    "    sys.stdin.readline() or sys.exit()\n"
) + READY


class Patient(Program):
    """A server that knows how to stand by."""

    def stand_by(self, site: Site) -> Launch:
        """The same program, with a word behind it."""
        launch = self.launch(site)
        return replace(launch, command=[*launch.command, "stand-by"])


def make_worker(site: Site, code: str, kind: type[Program] = Program) -> Worker:
    """A worker for a program."""

    async def no_wait(_name: str) -> None:
        return

    return Worker(kind(code), site, no_wait)


@pytest.fixture
async def patient(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    """A part that is up, for which a second process waits."""
    monkeypatch.setattr(standby_module, "AFTER_SECONDS", 0.0)
    worker = make_worker(site, PATIENT, Patient)
    worker.start()
    await worker.until_ready(5)
    await _written(site, "waiting")
    yield worker
    await worker.stop()


async def _written(site: Site, name: str) -> int:
    """The pid in a file, as soon as there is one."""
    path = site.places.data / name
    async with asyncio.timeout(5):
        while not path.exists() or not path.read_text():  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    return int(path.read_text())


def _recorded(site: Site) -> ProcessRecord:
    record = ProcessRecord.read(site.places.record_of("program"))
    assert record is not None
    return record


async def test_a_killed_part_is_started_again(site: Site) -> None:
    """Another process is ready soon, and the restart is counted."""
    worker = make_worker(site, READY)
    worker.start()
    try:
        await worker.until_ready(5)
        first = ProcessRecord.read(site.places.record_of("program"))
        assert first is not None
        assert first.send(signal.SIGKILL)
        while worker.restarts == 0:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
        await worker.until_ready(5)
        second = ProcessRecord.read(site.places.record_of("program"))
        assert second is not None
        assert second.pid != first.pid
        assert worker.last_error == "was ended by SIGKILL"
    finally:
        await worker.stop()
    assert not second.is_alive()
    assert not site.places.record_of("program").exists()


async def test_who_stands_by_is_the_part_when_it_is_killed(site: Site, patient: Worker) -> None:
    """It is recorded as the part, and another one stands by."""
    first, second = _recorded(site), await _written(site, "waiting")
    assert second != first.pid
    (site.places.data / "waiting").unlink()
    assert first.send(signal.SIGKILL)
    third = await _written(site, "waiting")
    assert _recorded(site).pid == second
    assert patient.child is not None
    assert patient.child.pid == second
    assert third not in {first.pid, second}


async def test_nobody_stands_by_for_what_is_stopped(site: Site, patient: Worker) -> None:
    """Started again by hand it is a new process: what it loads may have been changed."""
    waiting = ProcessRecord.of("waiting", await _written(site, "waiting"))
    assert waiting is not None
    await patient.stop()
    assert not waiting.is_alive()
    patient.start()
    await patient.until_ready(5)
    assert _recorded(site).pid != waiting.pid


async def test_who_stood_by_and_died_is_no_part(site: Site, patient: Worker) -> None:
    """Then a new process is started, as ever; the record of the part is its own."""
    first, waiting = _recorded(site), await _written(site, "waiting")
    os.kill(waiting, signal.SIGKILL)
    while birth_of(waiting) is not None:  # noqa: ASYNC110 - seen from outside
        await asyncio.sleep(0.01)
    assert _recorded(site) == first
    assert first.send(signal.SIGKILL)
    while patient.restarts == 0:  # noqa: ASYNC110 - seen from outside
        await asyncio.sleep(0.01)
    await patient.until_ready(5)
    assert _recorded(site).pid not in {first.pid, waiting}


async def test_a_full_log_is_not_written_on(
    site: Site, patient: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stands by has it open: a new process begins a new one."""
    first, waiting = _recorded(site), await _written(site, "waiting")
    monkeypatch.setattr(process_module, "_LOG_MAX_BYTES", -1)
    assert first.send(signal.SIGKILL)
    while patient.restarts == 0:  # noqa: ASYNC110 - seen from outside
        await asyncio.sleep(0.01)
    await patient.until_ready(5)
    assert _recorded(site).pid != waiting
    assert site.places.log_of("program").with_suffix(".log.1").exists()


@pytest.mark.parametrize(
    ("well_after_seconds", "waits"), [(0.0, [0.05, 0.05]), (60.0, [0.05, 0.1])]
)
async def test_a_part_that_was_well_is_started_again_at_once(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    well_after_seconds: float,
    waits: list[float],
) -> None:
    """Ready for a while, its next crash is its first; never long ready, it waits longer."""
    monkeypatch.setattr(worker_module, "WELL_AFTER_SECONDS", well_after_seconds)
    worker = make_worker(site, READY)
    worker.start()
    try:
        for crashes in (1, 2):
            await worker.until_ready(5)
            record = ProcessRecord.read(site.places.record_of("program"))
            assert record is not None
            assert record.send(signal.SIGKILL)
            while worker.restarts < crashes:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
    finally:
        await worker.stop()
    errors = [one.args for one in caplog.records if one.levelname == "ERROR"]
    told = [arguments[2] for arguments in errors if isinstance(arguments, tuple)]
    assert told == waits


async def test_a_crash_is_reported_with_the_tail_of_the_log(site: Site) -> None:
    """What the program said last is what a person needs to see."""
    worker = make_worker(site, "import sys; print('cannot open the shop'); sys.exit(3)")
    worker.start()
    while worker.restarts == 0:  # noqa: ASYNC110 - seen from outside
        await asyncio.sleep(0.01)
    assert worker.last_error == "ended with exit code 3"
    assert worker.log_tail == ["cannot open the shop"]
    await worker.stop()


async def test_an_answer_of_another_process_is_not_readiness(site: Site) -> None:
    """A server that was there before is not taken for ours."""
    (site.places.data / "ready").write_text("1")
    worker = make_worker(site, "import time; time.sleep(60)")
    worker.start()
    await asyncio.sleep(0.4)
    assert worker.state == "starting"
    assert "process 1 has" in worker.reason
    await worker.stop()
    assert worker.child is None


async def test_a_part_that_will_not_stop_is_killed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its limit it is ended all the same."""
    monkeypatch.setattr(Program, "stop_seconds", 0.3)
    worker = make_worker(site, DEAF)
    worker.start()
    await worker.until_ready(5)
    record = ProcessRecord.read(site.places.record_of("program"))
    assert record is not None
    await worker.stop()
    assert not record.is_alive()


class Grumbler(Program):
    """A server that complains, until it is not the first one any more."""

    def __init__(self, code: str) -> None:
        """Run `code`."""
        super().__init__(code)
        self.complaints = 0

    async def complaint(self, site: Site) -> str | None:
        """Twice, then not, then for good; its successor does not."""
        if len((site.places.data / "starts").read_text()) > 1:
            return None
        self.complaints += 1
        return None if self.complaints == 3 else "no coffee"


async def test_a_part_that_is_not_well_for_long_is_started_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at its first complaint, nor after a few that were over before long."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY_SECONDS", 0.02)
    monkeypatch.setattr(worker_module, "UNWELL_SECONDS", 0.1)
    worker = make_worker(site, "open('starts', 'a').write('x')\n" + READY, Grumbler)
    worker.start()
    await worker.until_ready(5)
    async with asyncio.timeout(5):
        while worker.restarts == 0:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    assert worker.last_error == "was not well: no coffee"
    assert isinstance(worker.part, Grumbler)
    assert worker.part.complaints >= 3 + 3
    await worker.until_ready(5)
    await asyncio.sleep(0.3)
    assert worker.restarts == 1
    await worker.stop()


def test_the_wait_before_a_restart_doubles_up_to_a_cap() -> None:
    """A part that cannot start does not keep the machine busy."""
    waits = [backoff_seconds(crashes) for crashes in range(1, 12)]
    assert waits[:4] == [0.05, 0.1, 0.2, 0.4]
    assert waits[-1] == BACKOFF_MAX_SECONDS
