"""A pid alone names no process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from embedded.identity import ProcessRecord, birth_of, with_environment

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_record_survives_writing_and_reading(tmp_path: Path) -> None:
    """What is read is what was written."""
    record = ProcessRecord.of("me", os.getpid())
    assert record is not None
    record.write(tmp_path / "me.json")
    assert ProcessRecord.read(tmp_path / "me.json") == record
    assert record.is_alive()


def test_a_recycled_pid_is_never_signalled() -> None:
    """A record whose process began at another time is not that process: nothing is sent."""
    with subprocess.Popen(SLEEP) as process:
        stranger = ProcessRecord("postgres", process.pid, "some-boot:1")
        assert not stranger.is_alive()
        assert not stranger.send(signal.SIGKILL)
        assert process.poll() is None
        process.kill()


def test_an_ended_process_is_gone_even_before_it_is_reaped() -> None:
    """A zombie counts as ended."""
    process = subprocess.Popen(SLEEP)
    record = ProcessRecord.of("child", process.pid)
    assert record is not None
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert birth_of(process.pid) is None
    assert not record.is_alive()
    process.wait()


def test_unreadable_records_are_no_records(tmp_path: Path) -> None:
    """A half-written or foreign file names no process."""
    broken = tmp_path / "broken.json"
    for text in ("", "{", "[]", '{"pid": "x"}', '{"name": "a", "pid": 1}'):
        broken.write_text(text)
        assert ProcessRecord.read(broken) is None
    assert ProcessRecord.read(tmp_path / "missing.json") is None


def test_processes_are_found_by_what_they_were_started_with() -> None:
    """A process without a record is found by the stack's id in its environment."""
    mark = f"mark-{os.getpid()}"
    with subprocess.Popen(SLEEP, env={**os.environ, "LOCALEX_TEST_MARK": mark}) as process:
        found = with_environment("LOCALEX_TEST_MARK", mark)
        assert [record.pid for record in found] == [process.pid]
        process.kill()
