"""Signed notes and checkpoints (C2SP), the verifier's side."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from localex_verifier.errors import Wrong
from localex_verifier.strict import HASH_BYTES, read_base64

NOTE_MAX_BYTES: Final = 1024 * 1024
_ED25519: Final = 1
_DASH: Final = "\u2014 "


@dataclass(frozen=True)
class Key:
    """A public key that its owner trusts."""

    name: str
    key_id: bytes
    public_key: bytes

    def __str__(self) -> str:
        """The name with the id, as people compare it."""
        return f"{self.name}+{self.key_id.hex()}"


@dataclass(frozen=True)
class Checkpoint:
    """A log's size and fingerprint, and who was found to have signed it."""

    origin: str
    size: int
    root: bytes
    signed_by: tuple[Key, ...]

    def __str__(self) -> str:
        """The log at that size."""
        return f"the log {self.origin} of {self.size} entries"


def parse_key(text: str) -> Key:
    """Read a public key in the form `<name>+<id>+<base64>`.

    Raises:
        Wrong: It has another form, or the id does not belong to the key.
    """
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):  # noqa: PLR2004 - its form
        raise Wrong("a key has the form <name>+<id>+<base64>")
    material = read_base64(parts[2], "the key")
    if len(material) != 1 + HASH_BYTES or material[0] != _ED25519:
        raise Wrong("the key is no Ed25519 key")
    key_id = sha256(parts[0].encode() + b"\n" + material).digest()[:4]
    if key_id.hex() != parts[1]:
        raise Wrong(f"the key of {parts[0]} has the id {key_id.hex()}, not {parts[1]}")
    return Key(parts[0], key_id, material[1:])


def open_note(note: str, keys: Sequence[Key]) -> tuple[str, tuple[Key, ...]]:
    """Split a signed note and find out which of the keys signed it.

    Args:
        note: Text, an empty line, signature lines.
        keys: The keys one trusts. Signatures of other keys are passed over, as C2SP asks.

    Returns:
        The text, and the keys that signed it; none if no trusted key did.

    Raises:
        Wrong: It is no note, or a trusted key's signature does not fit.
    """
    if len(note.encode()) > NOTE_MAX_BYTES or any(c < " " and c != "\n" for c in note):
        raise Wrong("the checkpoint is no signed note: too long, or with control characters")
    end = note.rfind("\n\n")
    if end < 1 or not note.endswith("\n") or end + 2 == len(note):
        raise Wrong("the checkpoint is no signed note: text, an empty line and signatures")
    text, signed_by = note[: end + 1], []
    for line in note[end + 2 : -1].split("\n"):
        name, key_id, signature = _read_signature(line)
        for key in keys:
            if (key.name, key.key_id) == (name, key_id):
                _verify_signature(key, text.encode(), signature)
                signed_by.append(key)
    return text, tuple(dict.fromkeys(signed_by))


def open_checkpoint(note: str, keys: Sequence[Key]) -> Checkpoint:
    """Read a checkpoint and verify its signatures.

    Args:
        note: The signed note.
        keys: The keys one trusts.

    Returns:
        What it says, and who of the keys signed it.

    Raises:
        Wrong: It is no checkpoint, or a trusted key's signature does not fit.
    """
    text, signed_by = open_note(note, keys)
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0]:  # noqa: PLR2004 - origin, size, root and the last line's end
        raise Wrong("the checkpoint does not consist of origin, size and fingerprint")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.ASCII):
        raise Wrong("the checkpoint's size is no whole number")
    root = read_base64(lines[2], "the checkpoint's fingerprint")
    if len(root) != HASH_BYTES:
        raise Wrong("the checkpoint's fingerprint does not have 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root, signed_by)


def _read_signature(line: str) -> tuple[str, bytes, bytes]:
    words = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(words) != 2 or not words[0] or "+" in words[0]:  # noqa: PLR2004 - name, signature
        raise Wrong(f"the checkpoint has a line that is no signature: {line[:80]!r}")
    blob = read_base64(words[1], "the checkpoint's signature")
    if len(blob) <= 4:  # noqa: PLR2004 - the key's id
        raise Wrong("the checkpoint has a signature without a signature in it")
    return words[0], blob[:4], blob[4:]


def _verify_signature(key: Key, text: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text)
    except InvalidSignature:
        raise Wrong(
            f"the signature of {key} does not fit the checkpoint: either it was changed after it"
            " was signed, or somebody else signed in that name"
        ) from None
