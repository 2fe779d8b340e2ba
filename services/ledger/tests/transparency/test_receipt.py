"""Receipts, issued here and verified by the independent verifier: all good ones, no spoiled one."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.notes import Checkpoint, SignerKey
from ledger.transparency.leaf import encode_leaf, open_parts
from ledger.transparency.receipt import ConsistencyBundle, Link, Receipt
from localex_verifier import Wrong, parse_key, verify
from services.ledger.tests.transparency.reference import (
    ANA,
    DATA,
    ORIGIN,
    SIGNER,
    Log,
    leaf,
    salt,
    transfer_rows,
)

SIZE = 23
LOG = Log([leaf(number) for number in range(SIZE)])
KEYS = [parse_key(SIGNER.verifier().render())]


def receipt(index: int, size: int = SIZE, links: tuple[Link, ...] = ()) -> str:
    """Ana's receipt for a transfer of the log at a size."""
    opened = open_parts(leaf(index), accounts={str(ANA)}, every_entry=True)
    proof = LOG.inclusion(index, size)
    return Receipt(leaf(index).text, opened, index, proof, LOG.checkpoints[size], links).render()


def kept(size: int) -> str:
    """The checkpoint that a member kept."""
    return LOG.checkpoints[size].render()


def test_every_receipt_of_every_size_is_proven() -> None:
    """Each transfer at each size of the log, signature and all."""
    for size in range(1, SIZE + 1):
        for index in range(size):
            report = verify(receipt(index, size), keys=KEYS)
            assert f"This is entry {index} of the log {ORIGIN} of {size} entries." in report.proven
            assert not report.unproven


def test_a_report_says_what_was_proven() -> None:
    """In words: the transfer, what moved, where the owner stood, and that it sums to zero."""
    words = "\n".join(verify(receipt(3), keys=KEYS).proven)
    assert "(trade.release) was posted at 2026-11-21T12:00:00.000000Z" in words
    assert "+7500 LXC" in words
    assert "entry 14; its balance was 24925 afterwards" in words
    assert "9925" not in words.replace("24925", "")
    assert "they sum to zero" in words


@given(st.integers(0, SIZE), st.integers(1, SIZE))
def test_every_pair_of_checkpoints_is_tied(old: int, size: int) -> None:
    """A kept checkpoint, older or newer than the receipt's, is shown to be of the same history."""
    older, newer = sorted((old, size))
    if old <= size:
        found = verify(receipt(0, size, (LOG.link(old, size),)), keys=KEYS, checkpoints=[kept(old)])
    else:
        bundle = ConsistencyBundle(LOG.checkpoints[old], (LOG.link(size, old),)).render()
        found = verify(receipt(0, size), keys=KEYS, checkpoints=[kept(old)], bundles=[bundle])
    assert not found.unproven
    said = "is the same one" if older == newer else f"From {older} to {newer} entries the log only"
    assert said in found.proven[-1]


def test_what_was_not_shown_is_not_called_proven() -> None:
    """Without a key, or without the consistency proof, the report says what is missing."""
    assert "--key" in verify(receipt(3)).unproven[0]
    found = verify(receipt(3), keys=KEYS, checkpoints=[kept(9)])
    assert f"/v1/checkpoints/{SIZE}/consistency?from=9" in found.unproven[0]


def spoil(value: Any, data: st.DataObject) -> Any:
    """A value that differs from the one given in one place somewhere inside."""
    kept_going: bool = data.draw(st.booleans())
    match value:
        case dict():
            name = data.draw(st.sampled_from(sorted(value)))
            return {**value, name: spoil(value[name], data)}
        case list() if value and kept_going:
            place = data.draw(st.integers(0, len(value) - 1))
            return [*value[:place], spoil(value[place], data), *value[place + 1 :]]
        case list():
            return [*value, *value[:1]] if value else ["x"]
        case int():
            return value + data.draw(st.sampled_from([1, -1, 2, 16]))
        case _:
            place = data.draw(st.integers(0, len(value) - 1))
            letters = st.characters(codec="utf-8").filter(lambda c: c != value[place])
            return value[:place] + data.draw(letters) + value[place + 1 :]


@given(st.integers(0, SIZE - 1), st.data())
def test_any_change_anywhere_in_a_receipt_is_caught(index: int, data: st.DataObject) -> None:
    """One letter, number or list item of any field, at any depth, and the receipt is refused."""
    document = json.loads(receipt(index, SIZE, (LOG.link(9, SIZE),)))
    changed = spoil(copy.deepcopy(document), data)
    assert changed != document
    try:
        found = verify(json.dumps(changed), keys=KEYS, checkpoints=[kept(9)])
    except Wrong:
        return
    # A link said to start elsewhere ties other checkpoints: then nothing is claimed of this one.
    assert changed["consistency"][0]["from"] != 9
    assert "from=9" in found.unproven[0]


@given(st.integers(0, SIZE - 1), st.data())
def test_any_change_of_a_column_behind_the_commitments_is_caught(
    index: int, data: st.DataObject
) -> None:
    """A part whose columns were edited and written back in canonical form is not the leaf's."""
    document = json.loads(receipt(index))
    place = data.draw(st.integers(0, len(document["opened"]) - 1))
    part = spoil(json.loads(document["opened"][place]), data)
    document["opened"][place] = json.dumps(
        part, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    with pytest.raises(Wrong):
        verify(json.dumps(document), keys=KEYS)


def forge(**changes: Any) -> str:
    """A receipt from a log that signs whatever it is given, for one spoiled transfer."""
    transfer, entries = transfer_rows()
    for place, columns in changes.items():
        number = int(place[-1]) if place[-1].isdigit() else 0
        (entries[number - 1] if number else transfer).update(columns)  # type: ignore[attr-defined]
    forged = encode_leaf(transfer, entries, salt=salt())
    log = Log([forged])
    every = {str(entry["account_id"]) for entry in entries}
    opened = open_parts(forged, accounts=every, every_entry=True)
    return Receipt(forged.text, opened, 0, [], log.checkpoints[1]).render()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entry1": {"amount_minor": -7400}}, "do not sum to zero"),
        ({"entry1": {"asset": "USD"}}, "do not sum to zero"),
        ({"transfer": {"entry_count": 3}}, "says 3 entries"),
        ({"entry2": {"transfer_id": ANA}}, "belongs to another transfer"),
        ({"entry1": {"amount_minor": "1e3"}}, "no whole number"),
    ],
)
def test_a_signed_history_that_makes_no_sense_is_refused(
    changes: dict[str, dict[str, Any]], said: str
) -> None:
    """Even what the log did sign is refused if no honest ledger would write it."""
    assert verify(forge(), keys=KEYS).proven
    with pytest.raises(Wrong, match=said):
        verify(forge(**changes), keys=KEYS)


def test_two_histories_of_one_size_are_called_so() -> None:
    """A checkpoint of the same size with another root is evidence against the operator."""
    other = Checkpoint(ORIGIN, SIZE, bytes(32)).sign(SIGNER).render()
    with pytest.raises(Wrong, match="split view"):
        verify(receipt(3), keys=KEYS, checkpoints=[other])


def test_a_history_that_was_rewritten_is_not_tied_to_the_old_one() -> None:
    """The log of the receipt, with one old transfer replaced, does not hold the kept checkpoint."""
    rewritten = Log([leaf(99), *(leaf(number) for number in range(1, SIZE))])
    old = rewritten.checkpoints[9].render()
    with pytest.raises(Wrong, match="history was rewritten"):
        verify(receipt(3, SIZE, (LOG.link(9, SIZE),)), keys=KEYS, checkpoints=[old])


def test_another_key_of_the_same_name_is_not_trusted() -> None:
    """Who makes a log of their own under our name signs with another key."""
    thief = SignerKey.from_seed(ORIGIN, bytes(32))
    with pytest.raises(Wrong, match="none of the keys you trust"):
        verify(receipt(3), keys=[parse_key(thief.verifier().render())])


def test_a_member_may_show_less() -> None:
    """Parts can be left out to show a receipt to others; what is left is proven all the same."""
    document = json.loads(receipt(3))
    document["opened"] = document["opened"][:1]
    assert "0 of its 2 entries are shown." in verify(json.dumps(document), keys=KEYS).proven


def test_the_committed_example_is_what_is_issued_today() -> None:
    """Receipts that members hold stay readable: the form does not drift."""
    golden = (DATA / "receipt.json").read_text()
    assert golden == receipt(5, SIZE, (LOG.link(9, SIZE),))
    assert (DATA / "checkpoint-9.txt").read_text() == kept(9)
    assert (DATA / "log.pub").read_text() == SIGNER.verifier().render() + "\n"
