"""Inclusion and consistency proofs from stored perfect nodes, with one read a proof.

A proof is first planned (which ranges of leaves it needs the hash of), then read (all nodes of all
ranges at once), then resolved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ledger.transparency.tree import MissingNode, Node, fold, perfect_nodes


class Range(NamedTuple):
    """Leaves `begin` up to `end`, a subtree of the tree it was cut from."""

    begin: int
    end: int


class NodeReader(Protocol):
    """Where perfect nodes are stored."""

    async def read_nodes(self, wanted: Sequence[Node]) -> Mapping[Node, bytes]:
        """Hashes of those wanted nodes that are there; one round trip."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The subtrees whose hashes make a proof, in the order of the proof."""

    ranges: tuple[Range, ...]

    def nodes(self) -> list[Node]:
        """Every stored node the proof needs; none twice, as the ranges do not overlap."""
        return [node for part in self.ranges for node in perfect_nodes(*part)]

    def resolve(self, hashes: Mapping[Node, bytes]) -> list[bytes]:
        """Make the proof.

        Args:
            hashes: Hashes of at least `nodes()`.

        Returns:
            One hash a range.

        Raises:
            MissingNode: A node is not among the hashes.
        """
        try:
            return [fold(hashes[node] for node in perfect_nodes(*part)) for part in self.ranges]
        except KeyError as missing:
            level, ordinal = missing.args[0]
            raise MissingNode(f"node {ordinal} of level {level} is missing") from None


def plan_root(size: int) -> Plan:
    """The root of the tree as it was with `size` leaves.

    Raises:
        ValueError: The size is negative.
    """
    if size < 0:
        raise ValueError(f"a tree has no {size} leaves")
    return Plan((Range(0, size),))


def plan_inclusion(index: int, size: int) -> Plan:
    """Proof that a leaf is in the tree.

    Args:
        index: The leaf, from 0.
        size: Leaves in the tree.

    Returns:
        The siblings on the way from leaf to root.

    Raises:
        ValueError: There is no such leaf.

    Source:
        RFC 6962, section 2.1.1
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    begin, end, siblings = 0, size, []
    while end - begin > 1:
        middle = _middle(begin, end)
        if index < middle:
            siblings.append(Range(middle, end))
            end = middle
        else:
            siblings.append(Range(begin, middle))
            begin = middle
    return Plan(tuple(reversed(siblings)))


def plan_consistency(old_size: int, new_size: int) -> Plan:
    """Proof that a tree was only appended to.

    Args:
        old_size: Leaves it had.
        new_size: Leaves it has.

    Returns:
        Subtrees from which both roots follow; none where nothing is to prove (0, or equal sizes).

    Raises:
        ValueError: The old tree is larger, or its size negative.

    Source:
        RFC 6962, section 2.1.2
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {new_size} leaves did not grow from one of {old_size}")
    if old_size in {0, new_size}:
        return Plan(())
    begin, end, subtrees = 0, new_size, []
    while old_size != end:
        middle = _middle(begin, end)
        if old_size <= middle:
            subtrees.append(Range(middle, end))
            end = middle
        else:
            subtrees.append(Range(begin, middle))
            begin = middle
    if begin > 0:
        # Otherwise this subtree is the old tree itself, whose root the verifier already has.
        subtrees.append(Range(begin, end))
    return Plan(tuple(reversed(subtrees)))


async def fetch_proof(reader: NodeReader, plan: Plan) -> list[bytes]:
    """Read what a plan needs, and make the proof.

    Args:
        reader: Where the nodes are.
        plan: What to prove.

    Returns:
        The proof's hashes.

    Raises:
        MissingNode: The store lacks a node.
    """
    return plan.resolve(await reader.read_nodes(plan.nodes()))


def _middle(begin: int, end: int) -> int:
    """Where a subtree splits: after the largest power of two that is smaller than it."""
    return begin + (1 << (end - begin - 1).bit_length() - 1)
