"""`localex up` in the foreground, without search and images: who is told what, and its end."""

import json
import re
import signal
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from embedded.connecting import LogIn, find_gateway, log_in
from embedded.credentials import SERVICES
from embedded.identity import ProcessRecord
from embedded.places import Places
from embedded.supervise.client import is_locked
from localex_client import LocalEx, ProblemError
from tests.journeys.people import eventually

from .localex import LOCALEX, localex, processes_of

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]

LOG_IN = re.compile(r"^  (\w+) +(\S+@\S+)  password (\S+)$", re.MULTILINE)


class Foreground:
    """The command as it stays at a terminal."""

    def __init__(self, folder: Path) -> None:
        """Start it in an empty data folder."""
        self.places = Places.of(folder)
        self._said = folder.with_suffix(".txt")
        with self._said.open("w") as output:
            self.process = subprocess.Popen(
                [LOCALEX, "up", "--profile", "lite", "--data", folder],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        """All that it has printed."""
        return self._said.read_text()

    def wait_for(self, well: Callable[[], object]) -> None:
        """Wait until it is so."""
        until = time.monotonic() + 240
        while not well():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.02)

    def end_by(self, number: signal.Signals) -> None:
        """Send it a signal; it ends as a command that was interrupted, and leaves nothing."""
        records = [ProcessRecord.read(path) for path in self.places.run.glob("*.json")]
        self.process.send_signal(number)
        assert self.process.wait(120) == 130, self.said()
        assert "Traceback" not in self.said()
        assert not is_locked(self.places.lock_file)
        assert not any(record.is_alive() for record in records if record is not None)
        assert self.processes() == []
        assert list(self.places.run.glob("*.json")) == []
        assert not self.places.control_socket.exists()

    def processes(self) -> list[psutil.Process]:
        """What still runs from its data folder, whoever looks after it."""
        return processes_of(self.places)


@contextmanager
def foreground(folder: Path) -> Iterator[Foreground]:
    """The command; whatever a test leaves of it is ended."""
    command = Foreground(folder)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.terminate()
            command.process.wait(120)


@pytest.fixture(scope="module")
def lite(reachable: Path) -> Iterator[Foreground]:
    """A stack of which everything is ready."""
    with foreground(reachable / "lite") as command:
        command.wait_for(lambda: "Ctrl-C stops everything." in command.said())
        yield command


def status_of(command: Foreground) -> dict[str, Any]:
    """How its stack is, for programs."""
    told = localex("status", "--json", "--data", command.places.data)
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def log_ins_of(text: str) -> dict[str, LogIn]:
    """The log-ins that were printed, by who they are."""
    return {who: LogIn(email, password) for who, email, password in LOG_IN.findall(text)}


@asynccontextmanager
async def logged_in(command: Foreground, who: str) -> AsyncIterator[LocalEx]:
    """Somebody, by the log-in that was printed."""
    async with find_gateway(command.places, None).open() as client:
        await log_in(client, log_ins_of(command.said())[who])
        yield client


async def test_it_says_where_it_is_and_who_can_log_in(lite: Foreground) -> None:
    """An operator and two members, whose passwords were made for this stack and are good."""
    assert f"LocalEx is at {status_of(lite)['gateway']} " in lite.said()
    known = log_ins_of(lite.said())
    assert list(known) == ["operator", "Ana", "Ben"]
    assert len({one.password for one in known.values()}) == 3
    for who in known:
        async with logged_in(lite, who) as client:
            me = await client.me()
        assert ("OPERATOR" in me.roles) == (who == "operator")
        assert me.display_name == who.title()
    for file in (lite.places.operator_file, lite.places.members_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_second_up_makes_nobody_else(lite: Foreground) -> None:
    """Whoever asks is shown the same people; they are in the books once."""
    told = localex("up", "--detach", "--profile", "lite", "--data", lite.places.data)
    assert told.returncode == 0, told.stderr
    assert log_ins_of(told.stdout) == log_ins_of(lite.said())


async def test_a_trade_is_made_and_paid(lite: Foreground) -> None:
    """Listed, offered, paid through escrow and released, by those who were printed."""
    async with (
        logged_in(lite, "operator") as operator,
        logged_in(lite, "Ana") as ana,
        logged_in(lite, "Ben") as ben,
    ):
        buyer = (await ben.me()).id
        for client in (ana, ben):
            await eventually(
                client.accounts, lambda found: {one.type for one in found} >= {"MAIN", "ESCROW"}
            )
        await operator.issue(buyer, "100.00", reason="to begin with")
        spade = await ana.create_item("Garden spade", price="40.00")
        trade = await ben.offer(spade.id, "40.00")
        await ana.accept(trade.id)
        await eventually(lambda: ben.get_trade(trade.id), lambda seen: seen.state == "funded")
        await ana.hand_over(trade.id)
        await ben.confirm(trade.id)
        await eventually(lambda: ana.get_trade(trade.id), lambda seen: seen.state == "released")
        balances = [
            next(one.balance for one in await client.accounts() if one.type == "MAIN")
            for client in (ana, ben)
        ]
        assert balances == ["39.60", "60.00"]
        assert (await ben.get_item(spade.id)).status == "sold"


async def test_what_it_leaves_out_says_so(lite: Foreground) -> None:
    """Search and images are refused with a reason that names what is switched off."""
    async with logged_in(lite, "Ana") as ana:
        with pytest.raises(ProblemError) as searched:
            await ana.search("spade")
        with pytest.raises(ProblemError) as uploaded:
            await ana.upload_image(b"\xff\xd8\xff\xe0", media_type="image/jpeg")
    assert (searched.value.status, searched.value.slug) == (503, "search-switched-off")
    assert (uploaded.value.status, uploaded.value.slug) == (503, "images-off")
    for refused in (searched, uploaded):
        assert len(refused.value.detail or "") > 20
    parts = {part["name"] for part in status_of(lite)["parts"]}
    assert not parts & {"opensearch", "s3"}


def test_the_demo_plays_without_search(lite: Foreground) -> None:
    """All of it, live events too, but for the finding: that is told with its reason."""
    told = localex("demo", "--data", lite.places.data)
    assert told.returncode == 0, told.stdout
    assert "Ben would search, but: " in told.stdout
    assert "marketplace.TradeReleased" in told.stdout
    assert "Every figure is right" in told.stdout


def test_listings_are_brought_in_without_search(lite: Foreground, tmp_path: Path) -> None:
    """Each row is a listing, and it is said that search will find them later."""
    file = tmp_path / "shop.csv"
    file.write_text("sku,title,price\n1,Teapot,12.50\n2,Tray,4\n3,Cup,3\n")
    words = ("import", "items", file, "--report", tmp_path / "told.csv")
    told = localex(*words, "--data", lite.places.data)
    assert told.returncode == 0, told.stdout
    assert "3 created, 0 updated, 0 unchanged, 0 refused" in told.stdout
    assert "Search is away or switched off" in told.stdout


def test_it_fits_a_small_machine(lite: Foreground) -> None:
    """Everything together, after what the tests above made it do."""
    status = status_of(lite)
    assert {part["state"] for part in status["parts"]} == {"ready", "done"}
    assert status["rss_bytes"] < 1.2 * 1024**3


def test_a_crash_is_told_with_the_end_of_its_log(lite: Foreground) -> None:
    """Who stays sees it, and who asks afterwards; what the part said last is told whole."""
    record = ProcessRecord.read(lite.places.record_of("valkey"))
    assert record is not None
    assert record.send(signal.SIGKILL)
    ended = "valkey: was ended by SIGKILL; it {}. Its log ended:"
    lite.wait_for(lambda: ended.format("was started again") in lite.said())
    lite.wait_for(lambda: status_of(lite)["ready"])
    told = localex("status", "--data", lite.places.data).stdout
    assert ended.format("is ready now") in told
    (part,) = (part for part in status_of(lite)["parts"] if part["name"] == "valkey")
    assert any("Ready to accept connections" in line for line in part["log_tail"])
    tail = "".join(f"\n    {line}" for line in part["log_tail"])
    assert tail in told
    lite.wait_for(lambda: tail in lite.said())


def test_ctrl_c_stops_everything(lite: Foreground) -> None:
    """No process is left, no lock and no record; the last of this module, for it ends the stack."""
    assert len(lite.processes()) > len(SERVICES)
    lite.end_by(signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_start_that_is_broken_off_leaves_nothing(reachable: Path, number: signal.Signals) -> None:
    """By a closed terminal or a kill, while the parts come up."""
    with foreground(reachable / number.name.lower()) as command:
        command.wait_for(lambda: command.places.record_of("valkey").exists())
        command.end_by(number)


def test_a_supervisor_that_has_only_begun_hears_down(reachable: Path) -> None:
    """Asked before it listens, `down` asks again instead of waiting for ever."""
    with foreground(reachable / "hasty") as command:
        command.wait_for(lambda: is_locked(command.places.lock_file))
        told = localex("down", "--data", command.places.data)
        assert "Everything is down" in told.stdout, told.stderr
        command.process.wait(120)
        assert not is_locked(command.places.lock_file)
