"""Ports are chosen so that several stacks can run at once."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.ports import choose_ports, is_free


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of promises of its own."""
    return tmp_path / "ports.json"


def test_a_port_is_kept_from_one_start_to_the_next(table: Path, tmp_path: Path) -> None:
    """The same data folder gets the same port again while it is free."""
    first = choose_ports(["one"], {}, data=tmp_path, pid=os.getpid(), table=table)
    again = choose_ports(["one"], first, data=tmp_path, pid=os.getpid(), table=table)
    assert again == first


def test_a_taken_port_is_replaced(table: Path, tmp_path: Path) -> None:
    """When somebody else listens on the port of the last start, another one is chosen."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        before = {"one": other.getsockname()[1]}
        assert not is_free(before["one"])
        chosen = choose_ports(["one"], before, data=tmp_path, pid=os.getpid(), table=table)
        assert chosen != before


def test_two_stacks_are_never_promised_the_same_port(table: Path, tmp_path: Path) -> None:
    """A port that is free but promised to another living stack is not given away."""
    names = ["postgres", "kafka", "one", "two"]
    first = choose_ports(names, {}, data=tmp_path / "a", pid=os.getpid(), table=table)
    second = choose_ports(names, first, data=tmp_path / "b", pid=os.getpid(), table=table)
    assert not set(first.values()) & set(second.values())


def test_a_promise_ends_with_the_process_it_was_made_to(table: Path, tmp_path: Path) -> None:
    """Ports of a stack that has ended can be had again."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        first = choose_ports(["one"], {}, data=tmp_path / "a", pid=process.pid, table=table)
        process.kill()
    again = choose_ports(["one"], first, data=tmp_path / "b", pid=os.getpid(), table=table)
    assert again == first
