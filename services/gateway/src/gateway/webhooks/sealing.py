"""Secrets of webhooks, wrapped as keys of vaults are: by a key of the file, in their place.

A secret is 32 bytes, a key itself: nothing stands between it and the key that wraps it.
"""

import base64
from datetime import datetime
from uuid import UUID

from gateway.vault.keyring import Keyring
from gateway.webhooks.lifecycle import SECRET_PREFIX, read_secret
from gateway.webhooks.models import Sealed, SecretView


def seal(
    keyring: Keyring, secret_id: UUID, endpoint_id: UUID, key: bytes, *, now: datetime
) -> Sealed:
    """A new secret as it is stored, under the current key."""
    name, wrapped = keyring.wrap(key, _context(secret_id, endpoint_id))
    return Sealed(secret_id, endpoint_id, name, wrapped, None, now, None)


def wrapped_anew(keyring: Keyring, sealed: Sealed) -> tuple[str, bytes]:
    """A secret under the current key: its name, and what is stored."""
    context = _context(sealed.id, sealed.endpoint_id)
    return keyring.wrap(opened(keyring, sealed), context)


def opened(keyring: Keyring, sealed: Sealed) -> bytes:
    """The key in a secret, whether it is sealed yet or not.

    Raises:
        UnsafeKeys: The key that wraps it is gone.
        InvalidTag: It was changed, or moved to another endpoint.
    """
    if sealed.wrapped is None or sealed.wrapping_key is None:
        return read_secret(sealed.plain or "")
    context = _context(sealed.id, sealed.endpoint_id)
    return keyring.unwrap(sealed.wrapping_key, sealed.wrapped, context)


def text_of(key: bytes) -> str:
    """A secret as people are given it."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def shown(keyring: Keyring, sealed: Sealed) -> SecretView:
    """A secret for its owner."""
    return SecretView(
        secret=text_of(opened(keyring, sealed)),
        created_at=sealed.created_at,
        ends_at=sealed.ends_at,
    )


def _context(secret_id: UUID, endpoint_id: UUID) -> str:
    return f"webhook_secret/{endpoint_id}/{secret_id}"
