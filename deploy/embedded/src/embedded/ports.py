"""Ports: the usual ones when they are free, and never one that another stack was promised."""

import fcntl
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from embedded.account import write_file
from embedded.identity import birth_of
from embedded.places import cache_dir

USUAL_PORTS: Final = {
    "gateway": 8080,
    "ledger": 8081,
    "marketplace": 8082,
    "search": 8083,
    "postgres": 5432,
    "kafka": 9092,
    "kafka-controller": 9093,
    "opensearch": 9200,
    "opensearch-transport": 9300,
    "valkey": 6379,
    "s3": 9000,
}


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address, now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free(taken: set[int]) -> int:
    while True:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port


@contextmanager
def _promises(path: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """The table of promised ports, locked; written back when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            table = {}
        yield table
        write_file(path, json.dumps(table, indent=1), mode=0o644)


def choose_ports(
    names: list[str],
    before: Mapping[str, int],
    *,
    data: Path,
    pid: int,
    table: Path | None = None,
) -> dict[str, int]:
    """Choose a port for each name and keep it promised while process `pid` lives.

    A name gets the port it had before, else its usual one, else any free one.

    Args:
        names: Parts that listen.
        before: Ports of an earlier start of the same stack.
        data: The stack's data folder, told to who asks whose a port is.
        pid: The supervisor that will use them.
        table: Where promises are kept; the shared cache when not given.
    """
    with _promises(table or cache_dir() / "ports.json") as promised:
        for written, promise in list(promised.items()):
            if promise["data"] == str(data) or birth_of(promise["pid"]) != promise["birth"]:
                del promised[written]
        taken = {int(port) for port in promised}
        chosen: dict[str, int] = {}
        for name in names:
            wanted = [before.get(name), USUAL_PORTS.get(name)]
            port = next(
                (p for p in wanted if p is not None and p not in taken and is_free(p)), None
            )
            chosen[name] = port if port is not None else _any_free(taken)
            taken.add(chosen[name])
            promised[str(chosen[name])] = {"data": str(data), "pid": pid, "birth": birth_of(pid)}
    return chosen
