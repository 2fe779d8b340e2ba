"""Signed notes and checkpoints as C2SP writes them, so that anybody's tools can read ours.

Source:
    C2SP signed-note and tlog-checkpoint; docs/concepts/transparency.md, "A checkpoint"
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = b"\x01"
KEY_ID_BYTES: Final = 4
HASH_BYTES: Final = 32
NOTE_MAX_BYTES: Final = 64 * 1024
SIGNATURES_MAX: Final = 32

_SIGNATURE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class MalformedNote(ValueError):
    """The text is no signed note, checkpoint or key; the message says why."""


class UnverifiedNote(ValueError):
    """No known key signed the note, or one that is known did not."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's or witness's key, with its name."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, tell keys apart."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[
            :KEY_ID_BYTES
        ]

    def render(self) -> str:
        """The key in one line: name, id in hex, and base64 of type and key."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `render` wrote.

        Raises:
            MalformedNote: The parts are not three, the type is not Ed25519, or the id is another's.
        """
        name, key_id, material = _split_key(text)
        key = cls(name, material)
        if key.key_id.hex() != key_id:
            raise MalformedNote(f"key id {key_id} does not belong to the key of {name}")
        return key

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A key that signs, with its name."""

    name: str
    private_key: Ed25519PrivateKey

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """The key of a 32-byte seed.

        Raises:
            MalformedNote: The name cannot stand in a signature line.
        """
        _check_name(name)
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `PRIVATE+KEY+<name>+<id>+<base64>`, the form of Go's note tools.

        Raises:
            MalformedNote: It has another form; the message never shows the key.
        """
        prefix = "PRIVATE+KEY+"
        if not text.startswith(prefix):
            raise MalformedNote(f"a signer's key begins with {prefix}")
        name, key_id, seed = _split_key(text.removeprefix(prefix))
        signer = cls.from_seed(name, seed)
        if signer.verifier().key_id.hex() != key_id:
            raise MalformedNote(f"key id {key_id} does not belong to the key of {name}")
        return signer

    def render(self) -> str:
        """The key as `parse` reads it. It is a secret."""
        material = b64encode(ED25519 + self.private_key.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier().key_id.hex()}+{material}"

    def verifier(self) -> VerifierKey:
        """The half that everybody may have."""
        return VerifierKey(self.name, self.private_key.public_key().public_bytes_raw())

    def sign(self, text: str) -> "Signature":
        """Sign a note's text."""
        key_id = self.verifier().key_id
        return Signature(self.name, key_id, self.private_key.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes

    def render(self) -> str:
        """The line, with its end."""
        return f"\u2014 {self.name} {b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text with signatures. Nothing is known of it until `require` returned."""

    text: str
    signatures: tuple[Signature, ...]

    def render(self) -> str:
        """The note as it is stored and sent."""
        return self.text + "\n" + "".join(line.render() for line in self.signatures)

    @classmethod
    def parse(cls, note: str) -> Self:
        """Read a note.

        Raises:
            MalformedNote: Too long, control characters, no signature, or a line that is none.
        """
        if len(note.encode()) > NOTE_MAX_BYTES or _CONTROL.search(note):
            raise MalformedNote("a note is short and has no control characters")
        text, blank, tail = note.rpartition("\n\n")
        lines = tail.split("\n")
        if not text or not blank or len(lines) < 2 or lines.pop() != "":  # noqa: PLR2004 - line, end
            raise MalformedNote("a note is a text, an empty line and signature lines")
        if len(lines) > SIGNATURES_MAX:
            raise MalformedNote(f"a note has at most {SIGNATURES_MAX} signatures")
        return cls(text + "\n", tuple(_parse_signature(line) for line in lines))

    def require(self, keys: Sequence[VerifierKey]) -> list[VerifierKey]:
        """Hold the note against the keys one trusts.

        Args:
            keys: Trusted keys; signatures of others are passed over.

        Returns:
            The keys that signed, at least one.

        Raises:
            UnverifiedNote: A trusted key's signature is wrong, or none signed.
        """
        signed = []
        for line in self.signatures:
            for key in keys:
                if (key.name, key.key_id) != (line.name, line.key_id):
                    continue
                if not key.verifies(self.text.encode(), line.signature):
                    raise UnverifiedNote(f"the signature of {key.name} does not fit the text")
                signed.append(key)
        if not signed:
            raise UnverifiedNote("none of the known keys signed this note")
        return signed


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree's size and root, as a log says them."""

    origin: str
    size: int
    root: bytes

    def render(self) -> str:
        """The note's text."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint's text. Extension lines are refused: we write none.

        Raises:
            MalformedNote: A line is missing, too much, or not in its one form.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:  # noqa: PLR2004 - three lines and the end
            raise MalformedNote("a checkpoint is origin, size and root, a line each")
        if not _SIZE.fullmatch(lines[1]):
            raise MalformedNote("the size of a checkpoint is a whole number")
        root = _decode(lines[2])
        if len(root) != HASH_BYTES:
            raise MalformedNote("the root of a checkpoint has 32 bytes")
        return cls(lines[0], int(lines[1]), root)

    def sign(self, *signers: SignerKey) -> SignedNote:
        """Sign the checkpoint; a log does so only for trees that grew from all it signed before."""
        text = self.render()
        return SignedNote(text, tuple(signer.sign(text) for signer in signers))


def _parse_signature(line: str) -> Signature:
    found = _SIGNATURE.fullmatch(line)
    material = _decode(found[2]) if found else b""
    if found is None or len(material) <= KEY_ID_BYTES:
        raise MalformedNote(f"{line[:80]!r} is no signature line")
    return Signature(found[1], material[:KEY_ID_BYTES], material[KEY_ID_BYTES:])


def _split_key(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    _check_name(name)
    material = _decode(encoded)
    if not material.startswith(ED25519) or len(material) != 1 + HASH_BYTES:
        raise MalformedNote("a key is <name>+<id>+<base64 of 0x01 and 32 bytes>")
    return name, key_id, material[1:]


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[^\s+]+", name) or _CONTROL.search(name):
        raise MalformedNote("a key's name has no spaces, no plus and no control characters")


def _decode(text: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise MalformedNote("this is no base64") from None
    if b64encode(decoded).decode() != text:
        raise MalformedNote("this base64 has a second spelling")
    return decoded
