"""The Merkle tree of RFC 6962, grown at its right edge in bounded memory.

A node that covers 2^level leaves, all there, is *perfect*: it never changes again and is stored
under (level, ordinal). Everything else of the tree is computed from perfect nodes.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import chain
from typing import Final, NamedTuple, Self

LEAF_PREFIX: Final = b"\x00"
NODE_PREFIX: Final = b"\x01"
EMPTY_ROOT: Final = sha256(b"").digest()


class Node(NamedTuple):
    """Place of a perfect node: leaves from `ordinal << level`, `1 << level` of them."""

    level: int
    ordinal: int


class Run(NamedTuple):
    """New perfect nodes of one level, one beside the other from `start` on."""

    level: int
    start: int
    hashes: list[bytes]


class NodeRows(NamedTuple):
    """New perfect nodes as columns, for one set-wise insert."""

    levels: list[int]
    ordinals: list[int]
    hashes: list[bytes]


class MissingNode(LookupError):
    """A perfect node that the tree's size promises was not found."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf; the prefix keeps a leaf from passing for a node."""
    return sha256(LEAF_PREFIX + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two children."""
    return sha256(NODE_PREFIX + left + right).digest()


def perfect_nodes(begin: int, end: int) -> list[Node]:
    """The perfect nodes that together cover leaves `begin` up to `end`, from left to right.

    Args:
        begin: First leaf.
        end: One past the last leaf.

    Returns:
        At most two nodes a level; none for an empty range.
    """
    nodes = []
    while begin < end:
        fits = (end - begin).bit_length() - 1
        level = min(fits, (begin & -begin).bit_length() - 1) if begin else fits
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return nodes


def fold(hashes: Iterable[bytes]) -> bytes:
    """Hash of neighbouring perfect nodes, given from left to right, each smaller than the last."""
    smallest_first = reversed(list(hashes))
    root = next(smallest_first, EMPTY_ROOT)
    for left in smallest_first:
        root = node_hash(left, root)
    return root


class Frontier:
    """The right edge of a tree: all that is needed to go on growing it.

    Its memory is one hash for each bit of the size that is set, whatever the size.
    """

    def __init__(self) -> None:
        """Begin with the empty tree."""
        self._size = 0
        self._edge: dict[int, bytes] = {}

    @classmethod
    def restore(cls, size: int, hashes: Mapping[Node, bytes]) -> Self:
        """Continue a tree from its stored nodes.

        Args:
            size: Leaves in the tree.
            hashes: Hashes of at least `perfect_nodes(0, size)`.

        Returns:
            The frontier at that size.

        Raises:
            MissingNode: A node is not among the hashes.
        """
        frontier = cls()
        frontier._size = size
        for node in perfect_nodes(0, size):
            if node not in hashes:
                raise MissingNode(f"node {node.ordinal} of level {node.level} is missing")
            frontier._edge[node.level] = hashes[node]
        return frontier

    @property
    def size(self) -> int:
        """Leaves in the tree."""
        return self._size

    def root(self) -> bytes:
        """Hash of the whole tree."""
        return fold(self.edge())

    def edge(self) -> list[bytes]:
        """Hashes of `perfect_nodes(0, size)`: what `restore` continues from."""
        return [self._edge[level] for level in sorted(self._edge, reverse=True)]

    def extend(self, leaf_hashes: Iterable[bytes]) -> list[Run]:
        """Append leaves.

        Args:
            leaf_hashes: Hashes of the new leaves, in order.

        Returns:
            The perfect nodes that came into being, the leaves among them, one run a level.
        """
        fresh = list(leaf_hashes)
        start, level, runs = self._size, 0, []
        self._size += len(fresh)
        while fresh:
            runs.append(Run(level, start, fresh))
            row = [self._edge.pop(level), *fresh] if start & 1 else fresh
            if len(row) & 1:
                self._edge[level] = row[-1]
            pairs = zip(row[::2], row[1::2], strict=False)
            fresh = [sha256(NODE_PREFIX + left + right).digest() for left, right in pairs]
            start, level = start >> 1, level + 1
        return runs


def node_rows(runs: Iterable[Run], *, min_level: int = 0) -> NodeRows:
    """Runs as columns, for an insert with `unnest`.

    Args:
        runs: What `Frontier.extend` gave.
        min_level: Leave out the levels below, where they are stored elsewhere.

    Returns:
        Three lists of one length.
    """
    kept = [run for run in runs if run.level >= min_level]
    return NodeRows(
        levels=list(chain.from_iterable([run.level] * len(run.hashes) for run in kept)),
        ordinals=list(
            chain.from_iterable(range(run.start, run.start + len(run.hashes)) for run in kept)
        ),
        hashes=list(chain.from_iterable(run.hashes for run in kept)),
    )
