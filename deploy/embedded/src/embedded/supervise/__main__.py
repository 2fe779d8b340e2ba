"""The supervisor process: `python -m embedded.supervise --data DIR ...`."""

import argparse
import asyncio
import fcntl
import logging
import os
import resource
import signal
import sys
from pathlib import Path

from embedded.certificate import ensure_certificate
from embedded.fetch.servers import ensure_servers
from embedded.identity import ProcessRecord
from embedded.parts.base import Part
from embedded.parts.catalogue import choose_parts
from embedded.places import Places, cache_dir
from embedded.profiles import Profile
from embedded.settings import make_settings, write_settings
from embedded.site import Site, lay_out, open_site
from embedded.state import stack_id_of
from embedded.supervise.control import Control
from embedded.supervise.leftovers import end_leftovers
from embedded.supervise.supervisor import Supervisor

#: Somebody else supervises this data folder.
EXIT_TAKEN = 3
_FILES_MAX = 65_536

log = logging.getLogger("embedded.supervise")


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _ports(text: str) -> dict[str, int]:
    return {name: int(port) for name, _, port in (one.partition("=") for one in _names(text))}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="embedded.supervise")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--profile", choices=("full", "lite"), default="full")
    parser.add_argument("--servers", type=_names, help="only these, comma separated")
    parser.add_argument("--services", type=_names, help="only these, comma separated")
    parser.add_argument("--no-migrations", action="store_true")
    parser.add_argument(
        "--detours", type=_ports, default={}, help="name=port, ...: told to services instead"
    )
    parser.add_argument("--tls", action="store_true", help="of the gateway, for this machine")
    return parser.parse_args()


def _prepare(
    places: Places, profile: Profile, parts: list[Part], detours: dict[str, int], *, tls: bool
) -> Site:
    names = [part.name for part in parts]
    servers = ensure_servers(names, cache_dir())
    ports = [port for part in parts for port in part.ports]
    site = open_site(places, profile, ports, servers, detours)
    if tls:
        ensure_certificate(places)
    site.settings.update(make_settings(site, tls=tls))
    write_settings(places.settings_file, site.settings)
    return site


async def _supervise(site: Site, parts: list[Part], places: Places) -> None:
    closing = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, closing.set)
    supervisor = Supervisor(site, parts)
    control = Control(supervisor, places, closing.set)
    supervisor.start()
    await control.open()
    await closing.wait()
    log.info("stopping")
    await supervisor.stop()
    await control.close()
    log.info("stopped")


def _allow_many_files() -> None:
    """Raise the limit that servers and services inherit: thousands of users need it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > _FILES_MAX:
        hard = _FILES_MAX
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), max(soft, hard)))


def main() -> None:
    """Supervise until told to stop."""
    given = _arguments()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    places = Places.of(given.data)
    # The terminal's hang-up is for the command that started us, not for the stack.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    lay_out(places)
    with places.lock_file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(EXIT_TAKEN)
        for name in end_leftovers(places, stack_id_of(places)):
            log.warning("ended %s, left by a supervisor that was killed", name)
        record = ProcessRecord.of("supervisor", os.getpid())
        if record is not None:
            record.write(places.supervisor_file)
        parts = choose_parts(
            given.profile,
            only=given.servers,
            services=given.services,
            migrate=not given.no_migrations,
            detoured=frozenset(given.detours),
        )
        _allow_many_files()
        site = _prepare(places, given.profile, parts, given.detours, tls=given.tls)
        asyncio.run(_supervise(site, parts, places))


if __name__ == "__main__":
    main()
