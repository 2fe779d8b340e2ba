"""PostgreSQL: the truth of every service."""

import contextlib
import signal
from pathlib import Path
from typing import ClassVar, Final

import asyncpg
import psutil

from embedded.credentials import SERVICES
from embedded.fetch.manifest import bundle_for
from embedded.parts.base import Launch, NotReady, Server
from embedded.parts.running import run_to_end
from embedded.settings import DATABASE
from embedded.site import Site

SUPERUSER: Final = "postgres"
_BUFFERS_MB: Final = {"full": 128, "lite": 48}

_SETTINGS: Final = """\
# Written at each start; changes belong in conf.d/*.conf beside this file.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
password_encryption = 'scram-sha-256'
max_connections = 160
shared_buffers = '{buffers_mb}MB'
wal_level = replica
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = '1GB'
checkpoint_completion_target = 0.9
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.max = 5000
track_io_timing = on
log_min_duration_statement = 1000
log_lock_waits = on
log_line_prefix = '%m [%p] %q%u@%d '
log_timezone = 'UTC'
timezone = 'UTC'
logging_collector = off
log_destination = 'stderr'
include_dir = 'conf.d'
"""
_ACCESS: Final = """\
local   all           all                 scram-sha-256
host    all           all   127.0.0.1/32  scram-sha-256
local   replication   all                 scram-sha-256
host    replication   all   127.0.0.1/32  scram-sha-256
"""


class Postgres(Server):
    """One cluster, one database, a schema a service."""

    name = "postgres"
    ports = ("postgres",)
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    def version(self, site: Site) -> str:
        """Which version runs."""
        del site
        return bundle_for("postgres").version

    def url(self, site: Site) -> str:
        """Where it listens."""
        return f"postgresql://127.0.0.1:{site.ports['postgres']}/{DATABASE}"

    def prepare(self, site: Site) -> None:
        """Make the cluster at the first start, and write its configuration."""
        folder = site.own_folder("postgres")
        if not (folder / "PG_VERSION").exists():
            self._make_cluster(site, folder)
        end_orphans(folder)
        (folder / "postmaster.pid").unlink(missing_ok=True)
        site.own_folder("postgres", "conf.d")
        sockets = site.own_folder("run", "postgres")
        # A Unix socket's path has about 100 bytes; loopback serves where it is too long.
        usable = str(sockets) if len(str(sockets)) < 80 else ""  # noqa: PLR2004
        text = _SETTINGS.format(
            port=site.ports["postgres"], sockets=usable, buffers_mb=_BUFFERS_MB[site.profile]
        )
        site.write(folder / "postgresql.conf", text)
        site.write(folder / "pg_hba.conf", _ACCESS)

    def _make_cluster(self, site: Site, folder: Path) -> None:
        password = site.places.data / ".superuser-password"
        site.write(password, site.credentials.postgres_superuser + "\n")
        options = {"--auth": "scram-sha-256", "--encoding": "UTF8", "--locale": "C.UTF-8"}
        options |= {"--locale-provider": "builtin", "--builtin-locale": "C.UTF-8"}
        options |= {"--username": SUPERUSER, "--pwfile": str(password), "--pgdata": str(folder)}
        command = [_program(site, "initdb"), "--data-checksums"]
        command += [f"{name}={value}" for name, value in options.items()]
        try:
            run_to_end(Launch(command, {"LANG": "C.UTF-8"}, site.account, folder))
        finally:
            password.unlink()

    def launch(self, site: Site) -> Launch:
        """How to start it."""
        command = [_program(site, "postgres"), "-D", str(site.folder("postgres"))]
        return Launch(command, {"LANG": "C.UTF-8"}, site.account, site.folder("postgres"))

    async def identify(self, site: Site, pid: int) -> None:
        """The data folder it serves is ours, and its first process is the one we started."""
        try:
            conn = await connect_superuser(site, "postgres")
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise NotReady(str(error) or type(error).__name__) from error
        try:
            folder = await conn.fetchval("SHOW data_directory")
        finally:
            await conn.close()
        if Path(folder) != site.folder("postgres"):
            raise NotReady(f"port {site.ports['postgres']} is served from {folder}")
        first_line = (site.folder("postgres") / "postmaster.pid").read_text().partition("\n")[0]
        if int(first_line) != pid:
            raise NotReady(f"the server is process {first_line}, not {pid}")

    async def provision(self, site: Site) -> None:
        """The database, its roles, schemas and extensions."""
        conn = await connect_superuser(site, "postgres")
        try:
            known = await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
            if not known:
                await conn.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await conn.close()
        conn = await connect_superuser(site, DATABASE)
        try:
            for role in (*SERVICES, "migrator", "operator"):
                secret = site.credentials.postgres[role]
                setting = f"localex.password_{role}"
                await conn.execute("SELECT set_config($1, $2, false)", setting, secret)
            await conn.execute(_roles_sql().read_text(encoding="utf-8"))
        finally:
            await conn.close()


def end_orphans(folder: Path) -> int:
    """End server processes that outlived their postmaster, which was killed.

    One in the midst of a statement writes on until it ends; a new server over the same files, its
    lock file taken away, would recover them meanwhile and spoil them.

    Returns:
        How many there were.

    Raises:
        RuntimeError: One cannot be ended.
    """
    orphans = [process for process in psutil.process_iter() if _works_in(process, folder)]
    for process in orphans:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _, alive = psutil.wait_procs(orphans, timeout=10)
    if alive:
        raise RuntimeError(f"{len(alive)} processes of a server that was killed do not end")
    return len(orphans)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == folder
    except (psutil.Error, OSError):
        return False


async def connect_superuser(site: Site, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect as the superuser: for bootstrap and for asking the server who it is."""
    return await asyncpg.connect(
        host="127.0.0.1",
        port=site.ports["postgres"],
        user=SUPERUSER,
        password=site.credentials.postgres_superuser,
        database=database,
        timeout=3,
    )


def _program(site: Site, name: str) -> str:
    if site.servers.postgres is None:
        raise LookupError("PostgreSQL was not fetched")
    return str(site.servers.postgres / "bin" / name)


def _roles_sql() -> Path:
    """The bootstrap of roles, the same file that the containers use."""
    return Path(__file__).parents[4] / "postgres" / "roles.sql"
