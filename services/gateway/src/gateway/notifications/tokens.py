"""Tokens by which a mail's reader ends such mails without logging in."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_CONTEXT: Final = b"localex gateway unsubscribe"
_ID_BYTES: Final = 16
_MAC_BYTES: Final = 16
#: Longer than any token of ours.
TOKEN_MAX: Final = 128
#: What a digest's token ends: everything that would come in one.
DIGESTS: Final = "digests"


class Unsubscriber:
    """Signs who ends what, under the newest of some keys; believes each of them.

    A token does not end by itself: mails are read late. It allows one thing, which its person can
    undo, and tells nothing but an id.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Derive from each of `keys`, the newest first."""
        self._keys = [HKDF(SHA256(), 32, None, _CONTEXT).derive(key) for key in keys]

    def sign(self, user_id: UUID, what: str) -> str:
        """A token for a person and a kind, or `DIGESTS`."""
        said = user_id.bytes + what.encode()
        return base64.urlsafe_b64encode(said + self._mac(self._keys[0], said)).decode().rstrip("=")

    def read(self, token: str) -> tuple[UUID, str] | None:
        """Whom and what a token is for; nothing when none of our keys has signed it."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
            what = said[_ID_BYTES:].decode()
        except (binascii.Error, ValueError):
            return None
        if len(said) <= _ID_BYTES:
            return None
        good = [hmac.compare_digest(self._mac(key, said), mac) for key in self._keys]
        return (UUID(bytes=said[:_ID_BYTES]), what) if any(good) else None

    def _mac(self, key: bytes, said: bytes) -> bytes:
        return hmac.digest(key, said, "sha256")[:_MAC_BYTES]
