"""The keys that data keys are wrapped with: a file that changes while everything serves.

The file is read again as soon as it changed, so that a new key is used, and an old one still read,
without a restart. What it holds is a secret: it is readable by its owner only.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
ALGORITHM: Final = "AES-256-GCM"
#: Fewer different bytes than any key that was drawn by chance has.
DIFFERENT_MIN: Final = 12
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{3,62}", re.ASCII)


class UnsafeKeys(ValueError):
    """The file of keys is missing, readable by others, or holds what is no key."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the file holds: which key wraps today, and all that can still be read."""

    current: str
    keys: dict[str, bytes]
    #: Makes fingerprints of values, by which a repeat is known without keeping the value.
    fingerprint: bytes

    @classmethod
    def new(cls, now: datetime) -> Self:
        """One key."""
        name = new_name(now)
        return cls(name, {name: secrets.token_bytes(KEY_BYTES)}, secrets.token_bytes(KEY_BYTES))

    def rotated(self, now: datetime) -> "Keys":
        """The same with a new key, which wraps from now on."""
        name = new_name(now)
        return Keys(name, {**self.keys, name: secrets.token_bytes(KEY_BYTES)}, self.fingerprint)

    def without(self, name: str) -> "Keys":
        """The same without an old key.

        Raises:
            UnsafeKeys: It is the current one, or there is no such key.
        """
        if name == self.current or name not in self.keys:
            raise UnsafeKeys(f"{name} is the current key, or there is none of this name")
        kept = {key: value for key, value in self.keys.items() if key != name}
        return Keys(self.current, kept, self.fingerprint)

    def render(self) -> str:
        """As the file has it."""
        document = {
            "current": self.current,
            "fingerprint": b64encode(self.fingerprint).decode(),
            "keys": {name: b64encode(key).decode() for name, key in self.keys.items()},
        }
        return json.dumps(document, indent=2) + "\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `render` wrote.

        Raises:
            UnsafeKeys: It has another form, or a key that was not drawn by chance; no key is shown.
        """
        try:
            document: dict[str, Any] = json.loads(text)
            keys = {str(name): _key(value) for name, value in document["keys"].items()}
            found = cls(str(document["current"]), keys, _key(document["fingerprint"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UnsafeKeys("the file of vault keys has another form, or an unsafe key") from None
        if found.current not in keys or not all(_NAME.fullmatch(name) for name in keys):
            raise UnsafeKeys("the current vault key is not among the keys, or a name is none")
        return found


def new_name(now: datetime) -> str:
    """A key's name: its day, and what tells it from others of that day."""
    return f"{now:%Y-%m-%d}-{secrets.token_hex(3)}"


def _key(text: str) -> bytes:
    key = b64decode(text, validate=True)
    if len(key) != KEY_BYTES or len(set(key)) < DIFFERENT_MIN:
        raise ValueError("a key is 32 bytes drawn by chance")
    return key


class Keyring:
    """The keys of one file, always as the file is now."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            UnsafeKeys: It is missing, readable by others, or holds what is no key.
        """
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._keys = self.keys()

    def keys(self) -> Keys:
        """The keys, read again when the file changed.

        Raises:
            UnsafeKeys: It became unsafe.
        """
        try:
            status = self._path.stat()
        except OSError as error:
            raise UnsafeKeys(f"{self._path} can't be read: {error.strerror}") from error
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            if stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                raise UnsafeKeys(f"{self._path} is open to others: chmod 600")
            self._keys = Keys.parse(self._path.read_text(encoding="utf-8"))
            self._stamp = stamp
        return self._keys

    def wrap(self, data_key: bytes, context: str) -> tuple[str, bytes]:
        """Wrap a data key with the current key; its name, and what is stored.

        Args:
            data_key: 32 bytes.
            context: Whose key it is; the name of the wrapping key is bound in as well.
        """
        keys = self.keys()
        name = keys.current
        return name, seal(keys.keys[name], data_key, f"{context}/{name}")

    def unwrap(self, name: str, wrapped: bytes, context: str) -> bytes:
        """The data key, whichever of the keys it was wrapped with.

        Raises:
            UnsafeKeys: The key of this name is gone.
        """
        key = self.keys().keys.get(name)
        if key is None:
            raise UnsafeKeys(f"the vault key {name} is not in {self._path}")
        return unseal(key, wrapped, f"{context}/{name}")

    def fingerprint(self, *parts: str) -> str:
        """A keyed hash, by which a repeated value is known without keeping it."""
        text = json.dumps(parts).encode()
        return hmac.new(self.keys().fingerprint, text, hashlib.sha256).hexdigest()


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Encrypt, bound to a context: a new nonce, and what AES-256-GCM makes."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def unseal(key: bytes, sealed: bytes, context: str) -> bytes:
    """Decrypt what was sealed in the same context.

    Raises:
        InvalidTag: Another key, another context, or somebody changed it.
    """
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())


def key_context(user_id: object, key_id: object) -> str:
    """What a wrapped data key is bound to, besides the wrapping key."""
    return f"vault_key/{user_id}/{key_id}"


def field_context(user_id: object, field: str, key_id: object) -> str:
    """What a field is bound to: its table, its person, its name and the key."""
    return f"vault_field/{user_id}/{field}/{key_id}"
