"""The published vectors of Certificate Transparency, Go and C2SP."""

import json
from pathlib import Path
from typing import Any

import pytest

from localex_verifier import Wrong, merkle, parse_key
from localex_verifier.note import open_checkpoint, open_note

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "data/vectors.json").read_text())
NOTES = VECTORS["notes"]
LEAVES = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def unhex(proof: list[str]) -> list[bytes]:
    """Hashes as bytes."""
    return [bytes.fromhex(item) for item in proof]


def test_leaf_hashes() -> None:
    """Leaves hash as published."""
    for data, expected in VECTORS["leaf_hashes"]:
        assert merkle.leaf_hash(bytes.fromhex(data)).hex() == expected


@pytest.mark.parametrize(("index", "size", "proof"), VECTORS["inclusion"])
def test_inclusion(index: int, size: int, proof: list[str]) -> None:
    """The published inclusion proofs are accepted, and only for their place and root."""
    claim: dict[str, Any] = {"leaf": LEAVES[index], "proof": unhex(proof), "size": size}
    merkle.verify_inclusion(**claim, index=index, root=ROOTS[size - 1])
    for wrong in {index - 1, index + 1, index ^ 2}:
        with pytest.raises(Wrong):
            merkle.verify_inclusion(**claim, index=wrong, root=ROOTS[size - 1])
    with pytest.raises(Wrong):
        merkle.verify_inclusion(**claim, index=index, root=bytes(32))


def test_inclusion_in_a_large_log() -> None:
    """A proof from a real log of 3.6 million certificates is accepted."""
    large = VECTORS["large_inclusion"]
    claim: dict[str, Any] = {
        "leaf": bytes.fromhex(large["leaf_hash"]),
        "size": large["size"],
        "proof": unhex(large["proof"]),
        "root": bytes.fromhex(large["root"]),
    }
    merkle.verify_inclusion(**claim, index=large["index"])
    with pytest.raises(Wrong):
        merkle.verify_inclusion(**claim, index=large["index"] + 1)


@pytest.mark.parametrize(("old_size", "new_size", "proof"), VECTORS["consistency"])
def test_consistency(old_size: int, new_size: int, proof: list[str]) -> None:
    """The published consistency proofs are accepted, and not with the roots swapped or damaged."""
    claim: dict[str, Any] = {"old_size": old_size, "new_size": new_size, "proof": unhex(proof)}
    old_root, new_root = ROOTS[old_size - 1], ROOTS[new_size - 1]
    merkle.verify_consistency(**claim, old_root=old_root, new_root=new_root)
    for roots in ((bytes(32), new_root), (old_root, bytes(32))):
        with pytest.raises(Wrong):
            merkle.verify_consistency(**claim, old_root=roots[0], new_root=roots[1])


def test_an_empty_log_is_the_beginning_of_every_log() -> None:
    """From nothing anything may grow, but an empty log has one root only."""
    empty = bytes.fromhex(VECTORS["empty_root"])
    merkle.verify_consistency(old_size=0, new_size=8, proof=[], old_root=empty, new_root=ROOTS[7])
    for old_root, proof in ((bytes(32), []), (empty, [empty])):
        with pytest.raises(Wrong):
            merkle.verify_consistency(
                old_size=0, new_size=8, proof=proof, old_root=old_root, new_root=ROOTS[7]
            )


def test_published_notes() -> None:
    """Go's and C2SP's example notes are verified with the published keys."""
    peter, enoch = parse_key(NOTES["peter_key"]), parse_key(NOTES["enoch_key"])
    note = f"{NOTES['text']}\n{NOTES['peter_line']}{NOTES['enoch_line']}"
    assert open_note(note, [peter]) == (NOTES["text"], (peter,))
    assert open_note(note, [enoch, peter]) == (NOTES["text"], (peter, enoch))
    assert open_note(note, []) == (NOTES["text"], ())
    c2sp = parse_key(NOTES["c2sp_key"])
    assert open_note(NOTES["c2sp_note"], [c2sp])[1] == (c2sp,)
    with pytest.raises(Wrong, match="does not fit"):
        open_note(note.replace("answer", "question"), [peter])


def test_published_checkpoint() -> None:
    """C2SP's example checkpoint says what it says."""
    checkpoint = open_checkpoint(NOTES["c2sp_checkpoint"], [])
    assert str(checkpoint) == "the log example.com/behind-the-sofa of 20852163 entries"


@pytest.mark.parametrize("key", [*NOTES["bad_keys"], "", "a+b", "+00000000+AA=="])
def test_bad_keys(key: str) -> None:
    """The bad keys of Go's tests are refused."""
    with pytest.raises(Wrong):
        parse_key(key)


@pytest.mark.parametrize(
    "note",
    [
        NOTES["text"],
        NOTES["text"] + "\n",
        f"{NOTES['text']}\n{NOTES['peter_line'][:-1]}",
        f"\x01{NOTES['text']}\n{NOTES['peter_line']}",
        f"{NOTES['text']}\n{NOTES['peter_line'].replace('PeterNeumann', 'Bad Name')}",
        f"{NOTES['text']}\n{NOTES['peter_line']}Unexpected line.\n",
    ],
)
def test_bad_notes(note: str) -> None:
    """The bad messages of Go's tests are refused."""
    with pytest.raises(Wrong):
        open_note(note, [parse_key(NOTES["peter_key"])])
