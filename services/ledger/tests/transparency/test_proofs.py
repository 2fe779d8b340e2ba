"""Proofs: known ones, all small ones, and what the independent verifier says to them."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.transparency.proofs import fetch_proof, plan_consistency, plan_inclusion, plan_root
from ledger.transparency.tree import Frontier, MissingNode, Node, leaf_hash
from localex_verifier import Wrong, merkle
from services.ledger.tests.transparency.reference import (
    VECTORS,
    leaf_of,
    path,
    stored,
    subproof,
    tree_hash,
)

LARGEST = 300


@pytest.fixture(scope="module")
def nodes() -> dict[Node, bytes]:
    """All perfect nodes of the largest tree here; smaller trees need no others."""
    return stored(Frontier().extend(leaf_of(i) for i in range(LARGEST)))


def test_proofs_are_those_of_the_known_vectors() -> None:
    """The reference leaves give the reference paths."""
    leaves = [leaf_hash(bytes.fromhex(data)) for data in VECTORS["leaves"]]
    known = stored(Frontier().extend(leaves))
    for index, size, expected in VECTORS["inclusion"]:
        assert [h.hex() for h in plan_inclusion(index, size).resolve(known)] == expected
    for old_size, new_size, expected in VECTORS["consistency"]:
        assert [h.hex() for h in plan_consistency(old_size, new_size).resolve(known)] == expected


def test_all_inclusion_proofs_are_those_of_the_definition(nodes: dict[Node, bytes]) -> None:
    """Each leaf of each size up to 300: equal to PATH, and the verifier follows it to the root."""
    for size in range(1, LARGEST + 1):
        root = tree_hash(0, size)
        for index in range(size):
            proof = plan_inclusion(index, size).resolve(nodes)
            assert proof == path(index, 0, size)
            merkle.verify_inclusion(
                leaf=leaf_of(index), index=index, size=size, proof=proof, root=root
            )


def test_all_consistency_proofs_are_those_of_the_definition(nodes: dict[Node, bytes]) -> None:
    """Each pair of sizes up to 300: equal to SUBPROOF, and the verifier accepts it."""
    for new_size in range(LARGEST + 1):
        for old_size in range(new_size + 1):
            proof = plan_consistency(old_size, new_size).resolve(nodes)
            if old_size:
                assert proof == subproof(old_size, 0, new_size, whole=True)
            merkle.verify_consistency(
                old_size=old_size,
                new_size=new_size,
                proof=proof,
                old_root=tree_hash(0, old_size),
                new_root=tree_hash(0, new_size),
            )


def test_roots_of_the_past_come_from_the_same_nodes(nodes: dict[Node, bytes]) -> None:
    """A checkpoint of any size can be made again from what is stored."""
    for size in range(LARGEST + 1):
        assert plan_root(size).resolve(nodes) == [tree_hash(0, size)]


@given(data=st.data())
def test_the_verifier_refuses_a_tampered_inclusion(data: st.DataObject) -> None:
    """Another leaf, place, root or hash, or one hash more or less, is refused."""
    size = data.draw(st.integers(1, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    proof = path(index, 0, size)
    claim = {
        "leaf": leaf_of(index),
        "index": index,
        "size": size,
        "proof": proof,
        "root": tree_hash(0, size),
    }
    changes: list[tuple[str, object]] = [
        ("leaf", leaf_of(index + 1)),
        ("index", data.draw(st.integers(-1, 2 * size).filter(lambda n: n != index))),
        ("root", tree_hash(0, size + 1)),
        ("proof", [*proof, tree_hash(0, size)]),
        ("proof", [tree_hash(0, size), *proof]),
    ]
    if proof:
        spoiled = data.draw(st.integers(0, len(proof) - 1))
        changes += [("proof", proof[:-1]), ("proof", proof[1:])]
        changes.append(("proof", [*proof[:spoiled], bytes(32), *proof[spoiled + 1 :]]))
    field, value = data.draw(st.sampled_from(changes))
    with pytest.raises(Wrong):
        merkle.verify_inclusion(**(claim | {field: value}))  # type: ignore[arg-type]


@given(data=st.data())
def test_the_verifier_refuses_a_tampered_consistency(data: st.DataObject) -> None:
    """Another size, root or hash, or one hash more or less, is refused."""
    new_size = data.draw(st.integers(2, LARGEST))
    old_size = data.draw(st.integers(1, new_size - 1))
    proof = subproof(old_size, 0, new_size, whole=True)
    claim = {
        "old_size": old_size,
        "new_size": new_size,
        "proof": proof,
        "old_root": tree_hash(0, old_size),
        "new_root": tree_hash(0, new_size),
    }
    spoiled = data.draw(st.integers(0, len(proof) - 1))
    others = st.integers(1, new_size).filter(lambda n: n != old_size)
    changes: list[tuple[str, object]] = [
        ("old_size", data.draw(others)),
        ("old_root", tree_hash(0, new_size)),
        ("new_root", tree_hash(0, new_size + 1)),
        ("proof", proof[:-1]),
        ("proof", [*proof, proof[-1]]),
        ("proof", [bytes(32), *proof]),
        ("proof", [*proof[:spoiled], bytes(32), *proof[spoiled + 1 :]]),
    ]
    field, value = data.draw(st.sampled_from(changes))
    with pytest.raises(Wrong):
        merkle.verify_consistency(**(claim | {field: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    """A leaf beyond the tree has no proof."""
    with pytest.raises(ValueError, match="has no leaf"):
        plan_inclusion(index, size)


def test_a_tree_does_not_shrink() -> None:
    """A larger tree is no beginning of a smaller one."""
    with pytest.raises(ValueError, match="did not grow"):
        plan_consistency(5, 4)
    with pytest.raises(ValueError, match="no -1 leaves"):
        plan_root(-1)


class CountingReader:
    """A store that remembers how often it was asked."""

    def __init__(self, nodes: Mapping[Node, bytes]) -> None:
        """Hold `nodes`."""
        self.nodes, self.asked = nodes, list[Sequence[Node]]()

    async def read_nodes(self, wanted: Sequence[Node]) -> Mapping[Node, bytes]:
        """Those wanted that are there."""
        self.asked.append(wanted)
        return {node: self.nodes[node] for node in wanted if node in self.nodes}


async def test_a_proof_takes_one_read(nodes: dict[Node, bytes]) -> None:
    """However many nodes a proof needs, the store is asked once, and for none of them twice."""
    reader = CountingReader(nodes)
    assert await fetch_proof(reader, plan_inclusion(17, 299)) == path(17, 0, 299)
    assert len(reader.asked) == 1
    assert len(reader.asked[0]) == len(set(reader.asked[0]))


async def test_a_hole_in_the_store_is_named() -> None:
    """A proof is never made of what happens to be there."""
    with pytest.raises(MissingNode, match="of level"):
        await fetch_proof(CountingReader({}), plan_consistency(3, 7))


def test_a_proof_needs_few_nodes() -> None:
    """At ten million leaves a proof reads at most three nodes a level."""
    size = 10_000_000 - 1
    for index in (0, 1, 5_000_000, size - 1):
        assert len(plan_inclusion(index, size).nodes()) <= 3 * size.bit_length()
        assert len(plan_consistency(index + 1, size).nodes()) <= 3 * size.bit_length()
