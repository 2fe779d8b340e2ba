"""The hash of a leaf from the texts that the database wrote. Pure."""

from functools import cache
from hashlib import sha256, shake_256
from typing import Final

from ledger.transparency.leaf import FORMAT, PART_SALT_BYTES
from ledger.transparency.texts import SEPARATOR
from ledger.transparency.tree import LEAF_PREFIX

_WIDTH: Final = 2 * PART_SALT_BYTES
_HEAD: Final = LEAF_PREFIX + f'{{"format":"{FORMAT}","parts":["'.encode()


def rehash_leaf(said: str, salt: bytes) -> bytes:
    """The hash that the leaf must have.

    Args:
        said: Texts of the columns of its parts, in the leaf's order, with separators.
        salt: The leaf's own.

    Source:
        docs/concepts/transparency.md, "A leaf"
    """
    columns = said.split(SEPARATOR)
    salts = shake_256(salt).hexdigest(PART_SALT_BYTES * len(columns))
    parts = [
        f'{{"columns":{{{text}}},"part":"{name}","salt":"{salts[at : at + _WIDTH]}"}}'
        for text, (name, at) in zip(columns, _places(len(columns)), strict=True)
    ]
    commitments = '","'.join([sha256(part.encode()).hexdigest() for part in parts])
    return sha256(b'%b%b"]}' % (_HEAD, commitments.encode())).digest()


@cache
def _places(count: int) -> list[tuple[str, int]]:
    """Names of so many parts, and where the salt of each begins."""
    names = ["transfer", "request"]
    for number in range(1, count // 2):
        names += [f"entry/{number}", f"standing/{number}"]
    if len(names) != count:
        raise ValueError(f"no leaf has {count} parts")
    return [(name, place * _WIDTH) for place, name in enumerate(names)]
