"""Signed notes: the published examples, byte for byte, and what is no note."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.notes import (
    Checkpoint,
    MalformedNote,
    SignedNote,
    SignerKey,
    UnverifiedNote,
    VerifierKey,
)
from services.ledger.tests.transparency.reference import ORIGIN, SIGNER, VECTORS

NOTES = VECTORS["notes"]
PETER, ENOCH, C2SP = (
    VerifierKey.parse(NOTES[key]) for key in ("peter_key", "enoch_key", "c2sp_key")
)
BOTH = f"{NOTES['text']}\n{NOTES['peter_line']}{NOTES['enoch_line']}"


def test_signing_gives_the_published_note() -> None:
    """Ed25519 is deterministic, so the key of Go's example gives the signature of Go's example."""
    peter = SignerKey.parse(NOTES["peter_secret"])
    note = SignedNote(NOTES["text"], (peter.sign(NOTES["text"]),))
    assert note.render() == f"{NOTES['text']}\n{NOTES['peter_line']}"
    assert peter.render() == NOTES["peter_secret"]
    assert peter.verifier().render() == NOTES["peter_key"]


def test_published_notes_are_verified() -> None:
    """The examples of Go and of C2SP are read, verified and written back."""
    note = SignedNote.parse(BOTH)
    assert note.require([PETER]) == [PETER]
    assert note.require([PETER, ENOCH]) == [PETER, ENOCH]
    assert note.render() == BOTH
    assert SignedNote.parse(NOTES["c2sp_note"]).require([C2SP, PETER]) == [C2SP]
    with pytest.raises(UnverifiedNote, match="none of the known keys"):
        note.require([C2SP])


def test_a_published_checkpoint_is_read() -> None:
    """The example of C2SP says what C2SP says it says."""
    note = SignedNote.parse(NOTES["c2sp_checkpoint"])
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.render() == note.text


@pytest.mark.parametrize("key", [*NOTES["bad_keys"], "", "a+b+c", NOTES["peter_key"][:-1]])
def test_mangled_keys_are_refused(key: str) -> None:
    """The bad keys of Go's tests, and cut ones."""
    with pytest.raises(MalformedNote):
        VerifierKey.parse(key)


def test_no_piece_of_a_key_is_a_key() -> None:
    """As in Go's tests: no slice and no change of a letter is accepted."""
    for whole, read in (
        (NOTES["peter_key"], VerifierKey.parse),
        (NOTES["peter_secret"], SignerKey.parse),
    ):
        for i in range(len(whole)):
            with pytest.raises(MalformedNote):
                read(whole[:i])
            with pytest.raises(MalformedNote):
                read(whole[i + 1 :])
            with pytest.raises(MalformedNote):
                read(whole[:i] + chr(ord(whole[i]) + 1) + whole[i + 1 :])


@pytest.mark.parametrize(
    "note",
    [
        NOTES["text"],
        NOTES["text"] + "\n",
        f"{NOTES['text']}\n{NOTES['peter_line'][:-1]}",
        f"\x01{NOTES['text']}\n{NOTES['peter_line']}",
        f"{NOTES['text']}\n{NOTES['peter_line'].replace('PeterNeumann', 'Bad Name')}",
        f"{NOTES['text']}\n{NOTES['peter_line']}Unexpected line.\n",
        f"{NOTES['text']}\n{NOTES['peter_line'] * 101}",
    ],
)
def test_bad_notes_are_refused(note: str) -> None:
    """The bad messages of Go's tests."""
    with pytest.raises(MalformedNote):
        SignedNote.parse(note)


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    """A second, good signature does not make up for it."""
    spoiled = SignedNote.parse(BOTH.replace("cryptography", "cryptographY"))
    with pytest.raises(UnverifiedNote, match="does not fit"):
        spoiled.require([PETER, ENOCH])


@pytest.mark.parametrize(
    "text",
    ["a\n1\n", "a\n01\nAA==\n", "a\n1\nAA==\n", "\n1\nAA==\n", "a\n-1\nAA==\n", "a\n1\nx\ny\n"],
)
def test_bad_checkpoints_are_refused(text: str) -> None:
    """A checkpoint has one form only."""
    with pytest.raises(MalformedNote):
        Checkpoint.parse(text)


@given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_checkpoints_come_back_as_they_were(size: int, root: bytes) -> None:
    """Written, signed, read and verified, a checkpoint is the same."""
    checkpoint = Checkpoint(ORIGIN, size, root)
    note = SignedNote.parse(checkpoint.sign(SIGNER).render())
    assert note.require([SIGNER.verifier()]) == [SIGNER.verifier()]
    assert Checkpoint.parse(note.text) == checkpoint
