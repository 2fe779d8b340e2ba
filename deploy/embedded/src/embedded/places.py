"""Where things lie on this machine: the shared cache, and the data folder of one stack."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SOCKET_PATH_MAX: Final = 90


def is_root() -> bool:
    """Whether this process may become another user."""
    return os.geteuid() == 0


def _xdg(variable: str, fallback: str) -> Path:
    given = os.environ.get(variable)
    return Path(given) if given else Path.home() / fallback


def cache_dir() -> Path:
    """The folder that all stacks of this machine (or user) share, for what is downloaded.

    As root it lies outside root's home, which servers that run as another user cannot enter.
    """
    given = os.environ.get("LOCALEX_CACHE")
    if given:
        return Path(given).absolute()
    return Path("/var/cache/localex") if is_root() else _xdg("XDG_CACHE_HOME", ".cache") / "localex"


def default_data_dir() -> Path:
    """The data folder of a stack when none is named."""
    given = os.environ.get("LOCALEX_DATA")
    if given:
        return Path(given).absolute()
    if is_root():
        return Path("/var/lib/localex")
    return _xdg("XDG_STATE_HOME", ".local/state") / "localex"


@dataclass(frozen=True, slots=True)
class Places:
    """The layout of one data folder."""

    data: Path

    @classmethod
    def of(cls, data: Path | None) -> "Places":
        """The layout of `data`, or of the usual folder; a link to it is the same stack."""
        return cls((data or default_data_dir()).resolve())

    @property
    def state_file(self) -> Path:
        """Ports, identities and profile."""
        return self.data / "state.json"

    @property
    def secrets_file(self) -> Path:
        """Every generated password."""
        return self.data / "secrets.json"

    @property
    def settings_file(self) -> Path:
        """The settings that services and migrations read."""
        return self.data / "settings.env"

    @property
    def operator_file(self) -> Path:
        """The log-in of the first operator."""
        return self.data / "operator.json"

    @property
    def members_file(self) -> Path:
        """The log-ins of the members that a stack for development begins with."""
        return self.data / "members.json"

    @property
    def signing_key_file(self) -> Path:
        """The private key that the gateway mints internal tokens with."""
        return self.data / "keys" / "internal-signing.json"

    @property
    def jwks_file(self) -> Path:
        """The public keys that services verify internal tokens with."""
        return self.data / "keys" / "internal-jwks.json"

    @property
    def checkpoint_key_file(self) -> Path:
        """The private key that the ledger signs checkpoints of its log with."""
        return self.data / "keys" / "ledger-checkpoint.key"

    @property
    def audit_key_file(self) -> Path:
        """The private key that services sign their audit logs with."""
        return self.data / "keys" / "audit.key"

    @property
    def message_keys_file(self) -> Path:
        """The keys that services seal their messages with."""
        return self.data / "keys" / "messages.json"

    @property
    def vault_keys_file(self) -> Path:
        """The keys that the keys of the vault are wrapped with."""
        return self.data / "keys" / "vault.json"

    @property
    def totp_key_file(self) -> Path:
        """The key that the secrets of people's apps for codes are sealed with."""
        return self.data / "keys" / "totp.key"

    @property
    def authority_file(self) -> Path:
        """Whom clients believe when the gateway speaks TLS."""
        return self.data / "keys" / "authority.pem"

    @property
    def certificate_file(self) -> Path:
        """The gateway's certificate."""
        return self.data / "keys" / "gateway.pem"

    @property
    def certificate_key_file(self) -> Path:
        """The private key of the gateway's certificate."""
        return self.data / "keys" / "gateway.key"

    @property
    def clock_file(self) -> Path:
        """Seconds that the services' clocks run ahead; tests write it."""
        return self.data / "clock-offset"

    @property
    def messages_file(self) -> Path:
        """E-mails and SMS that were not sent, one a line."""
        return self.data / "messages.jsonl"

    @property
    def lock_file(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.data / "supervisor.lock"

    @property
    def supervisor_file(self) -> Path:
        """The process record of the supervisor."""
        return self.data / "supervisor.json"

    @property
    def logs(self) -> Path:
        """One file a part."""
        return self.data / "logs"

    @property
    def run(self) -> Path:
        """Process records."""
        return self.data / "run"

    @property
    def sockets(self) -> Path:
        """Unix sockets; elsewhere when the data folder's path is too long for one."""
        inside = self.data / "run"
        if len(os.fsencode(inside)) <= _SOCKET_PATH_MAX:
            return inside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"localex-{os.geteuid()}-{digest}"

    @property
    def control_socket(self) -> Path:
        """Where the supervisor listens."""
        return self.sockets / "control.sock"

    def log_of(self, name: str) -> Path:
        """The log of one part."""
        return self.logs / f"{name}.log"

    def record_of(self, name: str) -> Path:
        """The process record of one part."""
        return self.run / f"{name}.json"
