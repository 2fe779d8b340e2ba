"""Keys of the vault: read as the file is now, refused when unsafe, bound to their place."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import SecretStr, ValidationError

from gateway.settings import GatewaySettings
from gateway.vault.keyring import (
    Keyring,
    Keys,
    UnsafeKeys,
    field_context,
    key_context,
    seal,
    unseal,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ANA, BEN, KEY = UUID(int=1), UUID(int=2), UUID(int=3)


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    """A file of keys, put in place whole."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(mode)
    new.replace(path)
    return path


def test_a_new_key_is_used_and_the_old_still_read(tmp_path: Path) -> None:
    """A rotation needs no restart: the file is read again when it changed."""
    keys = Keys.new(NOW)
    path = write(tmp_path / "keys", keys.render())
    ring = Keyring(path)
    old, wrapped = ring.wrap(bytes(range(32)), "a")
    write(path, keys.rotated(NOW).render())
    new, again = ring.wrap(bytes(range(32)), "a")
    assert new != old == keys.current
    assert ring.unwrap(old, wrapped, "a") == ring.unwrap(new, again, "a") == bytes(range(32))


@pytest.mark.parametrize(
    "context",
    [
        field_context(BEN, "phone", KEY),
        field_context(ANA, "tax_number", KEY),
        field_context(ANA, "phone", ANA),
        key_context(ANA, KEY),
    ],
)
def test_what_is_sealed_opens_only_in_its_place(context: str) -> None:
    """Neither another person's row, nor another field, key or table takes it."""
    key = Keys.new(NOW).fingerprint
    sealed = seal(key, b"+34600000000", field_context(ANA, "phone", KEY))
    assert unseal(key, sealed, field_context(ANA, "phone", KEY)) == b"+34600000000"
    with pytest.raises(InvalidTag):
        unseal(key, sealed, context)


def test_a_wrapped_key_is_bound_to_the_name_that_wraps_it(tmp_path: Path) -> None:
    """A row that names another wrapping key, even one with the same bytes, does not open."""
    keys = Keys.new(NOW)
    twin = Keys("twin-key", {**keys.keys, "twin-key": keys.keys[keys.current]}, keys.fingerprint)
    ring = Keyring(write(tmp_path / "keys", twin.render()))
    _, wrapped = ring.wrap(bytes(32), "a")
    with pytest.raises(InvalidTag):
        ring.unwrap(keys.current, wrapped, "a")


def unsafe_texts() -> list[str]:
    """Files that hold what is no key."""
    good = json.loads(Keys.new(NOW).render())
    name = good["current"]
    weak = b64encode(b"secret" * 5 + b"ab").decode()
    return [
        "",
        "[]",
        json.dumps(good | {"current": "another"}),
        json.dumps(good | {"keys": {name: b64encode(bytes(32)).decode()}}),
        json.dumps(good | {"keys": {name: weak}}),
        json.dumps(good | {"keys": {name: b64encode(bytes(range(16))).decode()}}),
        json.dumps(good | {"fingerprint": ""}),
    ]


@pytest.mark.parametrize("text", unsafe_texts())
def test_an_unsafe_key_is_refused(tmp_path: Path, text: str) -> None:
    """Too short, too simple, or not there: the start ends, and no key is in the message."""
    with pytest.raises(UnsafeKeys) as caught:
        Keyring(write(tmp_path / "keys", text))
    assert "c2VjcmV0" not in str(caught.value)


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """As `ssh` does it."""
    with pytest.raises(UnsafeKeys, match="open to others"):
        Keyring(write(tmp_path / "keys", Keys.new(NOW).render(), 0o640))


def test_the_current_key_cannot_be_retired() -> None:
    """It wraps what is written in this moment."""
    keys = Keys.new(NOW).rotated(NOW)
    with pytest.raises(UnsafeKeys):
        keys.without(keys.current)
    [old] = keys.keys.keys() - {keys.current}
    assert list(keys.without(old).keys) == [keys.current]


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_a_gateway_without_keys_starts_in_development_only(tmp_path: Path, env: str) -> None:
    """Elsewhere it is a mistake of the settings, found at the start."""
    known = {
        "env": env,
        "message_keys_file": tmp_path / "c",
        "trusted_network": True,
        "database_url": SecretStr("unused"),
        "kafka_servers": "unused",
        "http_port": 1,
        "internal_jwks_file": tmp_path / "a",
        "signing_key_file": tmp_path / "b",
    }
    if env == "dev":
        assert GatewaySettings.model_validate(known).vault_keys_file is None
    else:
        with pytest.raises(ValidationError, match="GATEWAY_VAULT_KEYS_FILE"):
            GatewaySettings.model_validate(known)
