"""Seal secrets that must be read again, so that reading the table is not enough."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_CONTEXT: Final = b"localex gateway totp"
_CODES: Final = b"localex gateway codes"


class Sealer:
    """AES-256-GCM under the first of some keys; reads what any of them sealed.

    The person's id and the key's id are bound in: a secret that is moved to another person, or
    said to be under another key, does not open.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Derive from each of `keys`, the newest first."""
        derived = [HKDF(SHA256(), _KEY_BYTES, None, _CONTEXT).derive(key) for key in keys]
        self._keys = {hashlib.sha256(key).hexdigest()[:16]: AESGCM(key) for key in derived}
        self.key_id = next(iter(self._keys))
        self._mac_key = HKDF(SHA256(), _KEY_BYTES, None, _CODES).derive(keys[0])

    def seal(self, secret: str, user_id: UUID) -> bytes:
        """Seal a person's secret under the newest key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        bound = _bound(user_id, self.key_id)
        return nonce + self._keys[self.key_id].encrypt(nonce, secret.encode(), bound)

    def mac(self, text: str) -> bytes:
        """A keyed hash of a short secret, which cannot be guessed without the key."""
        return hmac.digest(self._mac_key, text.encode(), "sha256")

    def open(self, sealed: bytes, key_id: str, user_id: UUID) -> str:
        """What was sealed.

        Raises:
            ValueError: The key is not here, or the secret is not this person's.
        """
        key = self._keys.get(key_id)
        if key is None:
            raise ValueError(f"the key {key_id} of a TOTP secret is not among ours")
        try:
            return key.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(user_id, key_id)
            ).decode()
        except InvalidTag:
            raise ValueError("a TOTP secret was changed or moved") from None


def _bound(user_id: UUID, key_id: str) -> bytes:
    return f"totp|{user_id}|{key_id}".encode()


def read_keys(paths: Sequence[Path], signing_key: OKPKey) -> list[bytes]:
    """The keys in some files, the newest first; without files, one made of the signing key."""
    if not paths:
        return [str(signing_key.as_dict(private=True)["d"]).encode()]
    return [path.read_bytes().strip() for path in paths]
