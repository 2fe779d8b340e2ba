"""The tree: known roots, and growth in batches of any size."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.transparency.tree import (
    EMPTY_ROOT,
    Frontier,
    MissingNode,
    Node,
    fold,
    leaf_hash,
    node_hash,
    node_rows,
    perfect_nodes,
)
from services.ledger.tests.transparency.reference import VECTORS, leaf_of, stored, tree_hash

SIZES = range(301)


def test_hashes_are_those_of_the_known_vectors() -> None:
    """Empty tree, leaves and nodes hash as in the Certificate Transparency projects."""
    assert EMPTY_ROOT.hex() == VECTORS["empty_root"]
    for data, expected in VECTORS["leaf_hashes"]:
        assert leaf_hash(bytes.fromhex(data)).hex() == expected
    for left, right, expected in VECTORS["node_hashes"]:
        assert node_hash(bytes.fromhex(left), bytes.fromhex(right)).hex() == expected


def test_roots_are_those_of_the_known_vectors() -> None:
    """The eight reference leaves give the eight reference roots, appended one by one or at once."""
    leaves = [leaf_hash(bytes.fromhex(data)) for data in VECTORS["leaves"]]
    growing = Frontier()
    for size, expected in enumerate(VECTORS["roots"], 1):
        growing.extend(leaves[size - 1 : size])
        at_once = Frontier()
        at_once.extend(leaves[:size])
        assert growing.root().hex() == at_once.root().hex() == expected


def test_every_size_has_the_root_of_the_definition() -> None:
    """For all sizes up to 300 the frontier's root is MTH, from stored nodes too."""
    frontier, nodes = Frontier(), dict[Node, bytes]()
    for size in SIZES:
        assert frontier.size == size
        assert frontier.root() == tree_hash(0, size)
        assert Frontier.restore(size, nodes).root() == tree_hash(0, size)
        assert fold(nodes[node] for node in perfect_nodes(0, size)) == tree_hash(0, size)
        nodes |= stored(frontier.extend([leaf_of(size)]))


@given(st.lists(st.integers(0, 40), max_size=12))
def test_batches_of_any_sizes_grow_the_same_tree(batches: list[int]) -> None:
    """However leaves come in batches, each perfect node is made once, and with the right hash."""
    frontier, nodes, size = Frontier(), dict[Node, bytes](), 0
    for count in batches:
        frontier = Frontier.restore(size, nodes)
        fresh = stored(frontier.extend(leaf_of(size + i) for i in range(count)))
        assert not fresh.keys() & nodes.keys()
        nodes |= fresh
        size += count
    expected = {
        Node(level, ordinal)
        for level in range(size.bit_length())
        for ordinal in range(size >> level)
    }
    assert nodes.keys() == expected
    for (level, ordinal), found in nodes.items():
        assert found == tree_hash(ordinal << level, (ordinal + 1) << level)
    assert frontier.root() == tree_hash(0, size)


def test_memory_is_bounded_by_the_size_in_bits() -> None:
    """After a hundred thousand leaves the frontier holds one hash for each set bit."""
    frontier = Frontier()
    for start in range(0, 100_000, 1_000):
        frontier.extend(leaf_of(start + i) for i in range(1_000))
    assert len(frontier._edge) == (100_000).bit_count()


def test_a_missing_node_is_named() -> None:
    """A store with a hole cannot be continued in silence."""
    frontier = Frontier()
    nodes = stored(frontier.extend(leaf_of(i) for i in range(6)))
    del nodes[Node(1, 2)]
    with pytest.raises(MissingNode, match="node 2 of level 1"):
        Frontier.restore(6, nodes)


def test_rows_are_the_runs_as_columns() -> None:
    """What goes into the database is what was grown, with or without the leaves."""
    frontier = Frontier()
    frontier.extend([leaf_of(0)])
    runs = frontier.extend(leaf_of(i) for i in range(1, 9))
    rows = node_rows(runs)
    assert dict(zip(map(Node, rows.levels, rows.ordinals), rows.hashes, strict=True)) == stored(
        runs
    )
    above = node_rows(runs, min_level=1)
    assert list(zip(above.levels, above.ordinals, strict=True)) == [
        *((1, i) for i in range(4)),
        (2, 0),
        (2, 1),
        (3, 0),
    ]


def test_covers_are_perfect_and_exact() -> None:
    """Any range is covered from left to right by aligned nodes, without overlap."""
    chosen = random.Random(7)
    for _ in range(2_000):
        begin = chosen.randrange(5_000)
        end = begin + chosen.randrange(5_000)
        at = begin
        for level, ordinal in perfect_nodes(begin, end):
            assert ordinal << level == at
            at += 1 << level
        assert at == end
