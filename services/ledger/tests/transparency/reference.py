"""The tree as RFC 6962 defines it, word by word and slow; and made-up transfers."""

import functools
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.notes import Checkpoint, SignedNote, SignerKey
from ledger.transparency.leaf import Leaf, Row, encode_leaf
from ledger.transparency.proofs import plan_consistency, plan_inclusion
from ledger.transparency.receipt import Link
from ledger.transparency.tree import Frontier, Node, Run

DATA = Path(__file__).resolve().parents[4] / "libs/verifier/tests/data"
VECTORS: dict[str, Any] = json.loads((DATA / "vectors.json").read_text())
ORIGIN = "ledger.localex.example"
SIGNER = SignerKey.from_seed(ORIGIN, bytes(range(32)))
ANA, BEN = UUID(int=0xA), UUID(int=0xB)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def leaf_of(number: int) -> bytes:
    """Hash of a made-up leaf."""
    return sha256(b"\0" + number.to_bytes(4)).digest()


@functools.cache
def tree_hash(begin: int, end: int) -> bytes:
    """MTH(D[begin:end]) over made-up leaves."""
    if begin == end:
        return sha256(b"").digest()
    if end - begin == 1:
        return leaf_of(begin)
    k = split(end - begin)
    pair = tree_hash(begin, begin + k) + tree_hash(begin + k, end)
    return sha256(b"\1" + pair).digest()


def path(leaf: int, begin: int, end: int) -> list[bytes]:
    """PATH(m, D[begin:end]), section 2.1.1."""
    if end - begin == 1:
        return []
    k = split(end - begin)
    if leaf < k:
        return [*path(leaf, begin, begin + k), tree_hash(begin + k, end)]
    return [*path(leaf - k, begin + k, end), tree_hash(begin, begin + k)]


def subproof(old: int, begin: int, end: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[begin:end], b), section 2.1.2."""
    if old == end - begin:
        return [] if whole else [tree_hash(begin, end)]
    k = split(end - begin)
    if old <= k:
        return [*subproof(old, begin, begin + k, whole=whole), tree_hash(begin + k, end)]
    return [*subproof(old - k, begin + k, end, whole=False), tree_hash(begin, begin + k)]


def split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    k = 1
    while 2 * k < count:
        k *= 2
    return k


def stored(runs: list[Run]) -> dict[Node, bytes]:
    """Runs as a store of nodes."""
    return {
        Node(run.level, run.start + i): digest
        for run in runs
        for i, digest in enumerate(run.hashes)
    }


def transfer_rows(number: int = 1, amount: int = 7500) -> tuple[Row, list[Row]]:
    """A transfer of Ben to Ana, as the journal's tables hold it."""
    times: Row = {"effective_at": NOON - timedelta(days=1), "posted_at": NOON}
    identity = UUID(int=number)
    transfer: Row = {
        "id": identity,
        "kind": "trade.release",
        "entry_count": 2,
        "reverses": None,
        "initiated_by": UUID(int=0xC),
        "correlation_id": "trade-7",
        "metadata": '{"memo": "a bicycle, späť"}',
        **times,
    }
    entries: list[Row] = [
        {
            "account_id": account,
            "account_seq": 12 + position,
            "transfer_id": identity,
            "position": position,
            "asset": "LXC",
            "amount_minor": moved,
            "balance_after_minor": 17_425 + moved,
            "held_after_minor": 0,
            **times,
        }
        for position, account, moved in ((1, BEN, -amount), (2, ANA, amount))
    ]
    return transfer, entries


def salt(number: int = 1) -> bytes:
    """A salt that a test can repeat."""
    return sha256(b"salt" + number.to_bytes(4)).digest()


class Log:
    """A log in memory, kept as the service would keep it."""

    def __init__(self, leaves: list[Leaf]) -> None:
        """Append the leaves one batch after the other, so that every size has nodes."""
        self.frontier, self.nodes = Frontier(), dict[Node, bytes]()
        self.checkpoints = [self.checkpoint()]
        for leaf in leaves:
            self.nodes |= stored(self.frontier.extend([leaf.hash()]))
            self.checkpoints.append(self.checkpoint())

    def checkpoint(self) -> SignedNote:
        """The tree of now, signed."""
        root = Checkpoint(ORIGIN, self.frontier.size, self.frontier.root())
        return root.sign(SIGNER)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """An inclusion proof from the stored nodes."""
        return plan_inclusion(index, size).resolve(self.nodes)

    def link(self, old_size: int, new_size: int) -> Link:
        """A consistency proof from the stored nodes."""
        return Link(old_size, plan_consistency(old_size, new_size).resolve(self.nodes))


def leaf(number: int = 1) -> Leaf:
    """A made-up transfer as a leaf."""
    transfer, entries = transfer_rows(number)
    return encode_leaf(transfer, entries, salt=salt(number))
