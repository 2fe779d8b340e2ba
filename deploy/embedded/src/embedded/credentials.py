"""Secrets of one stack, made at its first start and never a default."""

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from embedded.account import write_file
from embedded.places import Places

SERVICES: Final = ("gateway", "ledger", "marketplace", "search")
OPERATOR_EMAIL: Final = "operator@localex.test"


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _each(names: tuple[str, ...]) -> dict[str, str]:
    return {name: _secret() for name in names}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Every password of the stack."""

    postgres_superuser: str = field(default_factory=_secret)
    postgres: dict[str, str] = field(
        default_factory=lambda: _each((*SERVICES, "migrator", "operator"))
    )
    valkey: dict[str, str] = field(default_factory=lambda: _each((*SERVICES, "admin")))
    s3_access_key: str = field(default_factory=lambda: secrets.token_hex(10))
    s3_secret_key: str = field(default_factory=_secret)
    operator_password: str = field(default_factory=_secret)


def load_credentials(places: Places) -> Credentials:
    """Read the stack's secrets, or make them."""
    if places.secrets_file.exists():
        kept = Credentials(**json.loads(places.secrets_file.read_text(encoding="utf-8")))
        if "operator" in kept.postgres:
            return kept
        # A folder of before there was this role.
        made = replace(kept, postgres={**kept.postgres, "operator": _secret()})
        write_file(places.secrets_file, json.dumps(asdict(made), indent=2) + "\n")
        return made
    made = Credentials()
    write_file(places.secrets_file, json.dumps(asdict(made), indent=2) + "\n")
    login = {"email": OPERATOR_EMAIL, "password": made.operator_password}
    write_file(places.operator_file, json.dumps(login, indent=2) + "\n")
    return made


def ensure_signing_key(places: Places) -> None:
    """Make the key pair of the internal tokens, when there is none."""
    if places.signing_key_file.exists() and places.jwks_file.exists():
        return
    from chassis.tokens import new_signing_key, public_jwks

    key = new_signing_key()
    write_file(places.signing_key_file, json.dumps(key.as_dict(private=True)) + "\n")
    write_file(places.jwks_file, json.dumps(public_jwks([key])) + "\n", mode=0o644)


def ensure_totp_key(places: Places) -> None:
    """Make the key of apps for codes, when there is none; before there is a signing key.

    In a folder of before it was made of the signing key, and stays what it was: that one may
    change from now on.
    """
    if places.totp_key_file.exists():
        return
    if places.signing_key_file.exists():
        key = json.loads(places.signing_key_file.read_text(encoding="utf-8"))["d"]
    else:
        key = secrets.token_urlsafe(32)
    write_file(places.totp_key_file, f"{key}\n")


def ensure_message_keys(places: Places) -> None:
    """Make the keys that messages are sealed with, when there are none."""
    if places.message_keys_file.exists():
        return
    from chassis.seals import render_keys

    write_file(places.message_keys_file, render_keys().decode())


def ensure_vault_keys(places: Places) -> None:
    """Make the first key of the vault, when there is none."""
    if places.vault_keys_file.exists():
        return
    from gateway.vault.keyring import Keys

    write_file(places.vault_keys_file, Keys.new(datetime.now(UTC)).render())


def ensure_audit_key(places: Places) -> None:
    """Make the key of the audit logs, when there is none; its name is theirs for ever."""
    if places.audit_key_file.exists():
        return
    from chassis.notes import SignerKey

    key = SignerKey.from_seed(f"audit-{secrets.token_hex(4)}.localex.test", secrets.token_bytes(32))
    write_file(places.audit_key_file, key.render() + "\n")


def ensure_checkpoint_key(places: Places) -> None:
    """Make the key of the ledger's log, when there is none; its name is the log's for ever."""
    if places.checkpoint_key_file.exists():
        return
    from chassis.notes import SignerKey

    origin = f"ledger-{secrets.token_hex(4)}.localex.test"
    key = SignerKey.from_seed(origin, secrets.token_bytes(32))
    write_file(places.checkpoint_key_file, key.render() + "\n")
