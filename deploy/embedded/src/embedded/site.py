"""One stack as its parts see it: folders, ports, secrets, programs."""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from embedded.account import Account, make_folder, open_way, server_account, write_file
from embedded.credentials import (
    Credentials,
    ensure_audit_key,
    ensure_checkpoint_key,
    ensure_message_keys,
    ensure_signing_key,
    ensure_totp_key,
    ensure_vault_keys,
    load_credentials,
)
from embedded.fetch.servers import Servers
from embedded.places import Places, cache_dir
from embedded.ports import choose_ports
from embedded.profiles import Profile

_SUPERVISOR_ONLY: Final = 0o700
_PASSABLE: Final = 0o711


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a part needs to lay itself out, start and be asked who it is."""

    places: Places
    stack_id: str
    profile: Profile
    ports: dict[str, int]
    credentials: Credentials
    servers: Servers
    account: Account | None
    settings: dict[str, str] = field(default_factory=dict)
    #: Ports that services are told instead of a part's own: somebody stands in between. By part,
    #: or by who is told and part: `ledger:postgres`.
    detours: dict[str, int] = field(default_factory=dict)

    @property
    def cluster_name(self) -> str:
        """The name of this stack's OpenSearch cluster; no other stack has it."""
        return f"localex-{self.stack_id[:8]}"

    def told(self, service: str, part: str) -> int | None:
        """The port of a part as one service is told it; nothing where the part has none."""
        usual = self.detours.get(part, self.ports.get(part))
        return self.detours.get(f"{service}:{part}", usual)

    @property
    def kafka_cluster_id(self) -> str:
        """The id of this stack's Kafka cluster, in Kafka's form."""
        return base64.urlsafe_b64encode(UUID(self.stack_id).bytes).decode().rstrip("=")

    def authority_of(self, service: str) -> Path | None:
        """Whom clients of a service have to believe, where it speaks TLS."""
        has_one = f"{service.upper()}_HTTP_TLS_CERT_FILE" in self.settings
        return self.places.authority_file if has_one else None

    def folder(self, name: str) -> Path:
        """The data folder of a part."""
        return self.places.data / name

    def own_folder(self, *names: str) -> Path:
        """Make a folder below the data folder that belongs to the server user."""
        path = self.places.data.joinpath(*names)
        return make_folder(path, self.account)

    def write(self, path: Path, text: str, mode: int = 0o600) -> None:
        """Write a file that the server user may read."""
        write_file(path, text, owner=self.account, mode=mode)


def lay_out(places: Places) -> None:
    """Make the folders of a stack.

    Raises:
        PermissionError: The server user could not reach the data folder.
    """
    account = server_account()
    places.data.mkdir(parents=True, exist_ok=True)
    places.data.chmod(_SUPERVISOR_ONLY if account is None else _PASSABLE)
    if account is not None:
        open_way(places.data / "any")
    make_folder(places.logs, None)
    make_folder(places.data / "keys", None)
    make_folder(places.run, None, _SUPERVISOR_ONLY if account is None else _PASSABLE)
    make_folder(places.sockets, None, _SUPERVISOR_ONLY if account is None else _PASSABLE)


def open_site(
    places: Places,
    profile: Profile,
    listening: list[str],
    servers: Servers,
    detours: dict[str, int] | None = None,
) -> Site:
    """Open a data folder for a start, making what is not there yet.

    Ports are chosen again when somebody else took them meanwhile.

    Args:
        places: The layout of the data folder.
        profile: What to leave out.
        listening: Names that need a port.
        servers: Where the programs lie.
        detours: Ports that services are told instead of those of parts, by part or
            `service:part`.
    """
    lay_out(places)
    try:
        state = json.loads(places.state_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        state = {"stack_id": str(uuid4()), "ports": {}}
    ports = choose_ports(listening, state["ports"], data=places.data, pid=os.getpid())
    state |= {"ports": {**state["ports"], **ports}, "profile": profile}
    write_file(places.state_file, json.dumps(state, indent=2) + "\n", mode=0o644)
    credentials = load_credentials(places)
    ensure_totp_key(places)
    ensure_signing_key(places)
    ensure_checkpoint_key(places)
    ensure_audit_key(places)
    ensure_message_keys(places)
    ensure_vault_keys(places)
    return Site(
        places,
        state["stack_id"],
        profile,
        ports,
        credentials,
        servers,
        server_account(),
        detours=detours or {},
    )


def quickstart_folder() -> Path:
    """Where the start-up archives of the Java servers are kept."""
    return cache_dir() / "quickstart"
