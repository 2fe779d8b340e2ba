"""The verifier's side of the Merkle tree, as RFC 9162 words it."""

from collections.abc import Sequence
from hashlib import sha256

from localex_verifier.errors import Wrong


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Verify that a leaf is in a tree.

    Args:
        leaf: The leaf's hash.
        index: Where it is said to stand, from 0.
        size: Leaves in the tree.
        proof: Siblings from the leaf up.
        root: Root of the tree.

    Raises:
        Wrong: The proof does not lead from this leaf at this place to this root.

    Source:
        RFC 9162, section 2.1.3.2
    """
    if not 0 <= index < size:
        raise Wrong(f"entry {index} cannot be in a log of {size} entries")
    place, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Wrong("the inclusion proof is too long for a log of this size")
        if place & 1 or place == last:
            reached = _node_hash(sibling, reached)
            place, last = _skip(place, last)
        else:
            reached = _node_hash(reached, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Wrong("the inclusion proof is too short for a log of this size")
    if reached != root:
        raise Wrong(
            "the inclusion proof does not lead from this transfer to the log's fingerprint:"
            " the transfer, its place or the proof is not what was signed"
        )


def verify_consistency(
    *, old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Verify that a tree was only appended to.

    Args:
        old_size: Leaves it had.
        new_size: Leaves it has.
        proof: The consistency proof.
        old_root: Root it had.
        new_root: Root it has.

    Raises:
        Wrong: The new tree does not begin with the old one, or the proof does not show it.

    Source:
        RFC 9162, section 2.1.4.2
    """
    if not 0 <= old_size <= new_size:
        raise Wrong(f"a log of {new_size} entries cannot have grown from one of {old_size}")
    if old_size in {0, new_size}:
        _verify_trivial(old_size, proof, old_root, new_root)
        return
    # A whole old tree stands in the proof itself; the proof leaves it out, as it is known.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        raise Wrong("the consistency proof is too short for logs of these sizes")
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_reached = new_reached = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise Wrong("the consistency proof is too long for logs of these sizes")
        if place & 1 or place == last:
            old_reached = _node_hash(sibling, old_reached)
            new_reached = _node_hash(sibling, new_reached)
            place, last = _skip(place, last)
        else:
            new_reached = _node_hash(new_reached, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Wrong("the consistency proof is too short for logs of these sizes")
    if old_reached != old_root or new_reached != new_root:
        raise Wrong(
            f"the consistency proof does not tie the log of {old_size} entries to that of"
            f" {new_size}: the proof is damaged, or history was rewritten in between"
        )


def _skip(place: int, last: int) -> tuple[int, int]:
    """Pass the levels at which a node on the right edge has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _verify_trivial(old_size: int, proof: Sequence[bytes], old: bytes, new: bytes) -> None:
    if proof:
        raise Wrong("a consistency proof has hashes where there is nothing to prove")
    if old_size and old != new:
        raise Wrong(f"two fingerprints were given for one and the same log of {old_size} entries")
    if not old_size and old != sha256(b"").digest():
        raise Wrong("an empty log has one fingerprint, and this is another")
