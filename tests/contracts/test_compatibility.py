"""An old reader survives a new message, a new reader an old one; a break names the field."""

import hashlib
import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID

import jsonschema
import pytest

from contracts import topics
from contracts.cloudevents import Envelope, decode
from contracts.compatibility import Forms, breaks
from contracts.generate import json_schema
from contracts.golden import GOLDEN, check, edited, forms_of, freeze, releases, ungolden
from contracts.messages import MESSAGES, Event, Message
from contracts.samples import samples
from contracts.upcasting import LIFTS

#: The list of digests of each release, by its own: whoever changes a released message changes it
#: here, too, and is asked why. Only that of a release which is still to come is ever renewed.
PINNED = {
    "0.1.0": "aef4a6c01e88977c708d11d55b85ba8caf31b7d4e600975e42984138e7cf6d89",
    "0.2.0": "67519ee04b1d961eb01f2de4dfda8900846eb87bccd859c7aeaa1a5c7fc10cc6",
}
PAIRS = [
    (path, document)
    for release in releases()
    for path in sorted(release.glob("*.json"))
    for document in [json.loads(path.read_text())]
]
FUNDED = "ledger.EscrowFunded"


def name_of(path: Path) -> str:
    """A golden file, with its release."""
    return f"{path.parent.name}-{path.stem}"


def test_no_release_is_broken() -> None:
    """Every message of every release, both ways."""
    assert check() == []


def test_there_is_a_release_to_compare_with() -> None:
    """All types that were released are kept, each with messages."""
    assert PAIRS
    assert all(document["messages"] for _, document in PAIRS)


def test_every_message_has_a_golden_one() -> None:
    """In its present version, in some release."""
    assert ungolden() == []


def test_no_release_was_edited() -> None:
    """Each file is as its digest says, and the digests are those that were pinned here."""
    assert edited() == []
    assert pins() == PINNED


def test_a_message_that_is_edited_with_its_digest_is_noticed(tmp_path: Path) -> None:
    """The list beside the files would agree with them; the pin does not."""
    shutil.copytree(GOLDEN, tmp_path / "golden")
    path = tmp_path / "golden" / "0.1.0" / f"{FUNDED}.1.json"
    before, listed = path.read_bytes(), path.parents[1] / "0.1.0.sha256"
    path.write_bytes(before.replace(b"payer_id", b"paid_by"))
    old, new = (hashlib.sha256(one).hexdigest() for one in (before, path.read_bytes()))
    listed.write_text(listed.read_text().replace(old, new))
    assert edited(tmp_path / "golden") == []
    assert pins(tmp_path / "golden") != PINNED
    assert pins(tmp_path / "golden")["0.2.0"] == PINNED["0.2.0"]


def pins(folder: Path = GOLDEN) -> dict[str, str]:
    """Digests of the releases' lists of digests."""
    return {
        release.name: hashlib.sha256(Path(f"{release}.sha256").read_bytes()).hexdigest()
        for release in releases(folder)
    }


def test_releases_differ_and_are_compared() -> None:
    """What the first said otherwise, and what it did not know, is in the second."""
    stems = [{path.stem for path in release.glob("*.json")} for release in releases()]
    assert len(stems) >= 2
    assert stems[0] < stems[-1]
    first = {path.stem: one for path, one in PAIRS if path.parent.name == "0.1.0"}
    changed = [path.stem for path, one in PAIRS if first.get(path.stem, one) != one]
    assert "marketplace.TradeAccepted.1" in changed


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_field_that_is_taken_out_of_any_message_is_named(name: str) -> None:
    """Each field of each message, against what the releases hold."""
    new = forms_of(MESSAGES[name])
    olds = [one for path, one in PAIRS if path.stem == f"{name}.{MESSAGES[name].VERSION}"]
    for field in new.writes["properties"]:
        writes, reads = deepcopy(dict(new.writes)), deepcopy(dict(new.reads))
        drop(writes, field)
        drop(reads, field)
        changed = Forms(writes, reads)
        old = Forms(olds[-1]["writes"], olds[-1]["reads"])
        assert any(one.startswith(f"{field}: was removed") for one in breaks(old, changed)), field


@pytest.mark.parametrize("path", [path for path, _ in PAIRS], ids=name_of)
def test_an_old_message_is_read(path: Path) -> None:
    """As the consumer reads it: by the name and version in its envelope, upcast if need be."""
    name, version = path.stem.rsplit(".", 1)
    document = json.loads(path.read_text())
    for message in document["messages"]:
        envelope = Envelope(UUID(int=1), "/x", name, int(version), "k", _when())
        assert decode(envelope, json.dumps(message).encode()).type_name() == name


@pytest.mark.parametrize(
    ("path", "document"), [pytest.param(*pair, id=name_of(pair[0])) for pair in PAIRS]
)
def test_an_old_reader_takes_a_new_message(path: Path, document: dict[str, Any]) -> None:
    """What today's code writes is what the released schema takes."""
    name, version = path.stem.rsplit(".", 1)
    model = MESSAGES[name]
    if int(version) == model.VERSION:
        reader = jsonschema.Draft202012Validator(document["reads"])
        for message in samples(json_schema(model)):
            reader.validate(message)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_is_compatible_with_itself(name: str) -> None:
    """The comparison cries no wolf."""
    forms = forms_of(MESSAGES[name])
    assert breaks(forms, forms) == []


def _when() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 11, 21, tzinfo=UTC)


def drop(schema: dict[str, Any], name: str) -> None:
    """A field is removed."""
    del schema["properties"][name]
    schema["required"] = [one for one in schema.get("required", []) if one != name]


def retype(schema: dict[str, Any], name: str) -> None:
    """A field gets another type."""
    schema["properties"][name] = {"type": "integer"}


def narrow(schema: dict[str, Any], name: str) -> None:
    """An enum loses a value."""
    schema["properties"][name]["enum"] = schema["properties"][name]["enum"][1:]


def widen(schema: dict[str, Any], name: str) -> None:
    """An enum gains a value."""
    schema["properties"][name]["enum"] = [*schema["properties"][name]["enum"], "NEW"]


def demand(schema: dict[str, Any], name: str) -> None:
    """A new field is required."""
    schema["properties"][name] = {"type": "string"}
    schema["required"] = [*schema["required"], name]


@pytest.mark.parametrize(
    ("type_name", "change", "field", "says"),
    [
        (FUNDED, drop, "payer_id", "payer_id: was removed; old readers refuse new messages"),
        (FUNDED, retype, "asset", "asset: type string became integer; the new reader"),
        (FUNDED, retype, "asset", "asset: type string became integer; old readers"),
        ("ledger.AccountOpened", narrow, "account_type", "account_type: enum lost ['MAIN']"),
        ("ledger.AccountOpened", widen, "account_type", "account_type: enum gained ['NEW']"),
        (FUNDED, demand, "colour", "colour: is required; the new reader refuses old messages"),
        ("ledger.FundEscrow", demand, "colour", "colour: is new; old readers refuse new messages"),
        ("ledger.FundEscrow", drop, "asset", "asset: was removed; the new reader refuses old"),
    ],
)
def test_a_planted_break_is_named(type_name: str, change: Any, field: str, says: str) -> None:
    """Removed field, changed type, narrowed or widened enum, new required field."""
    old = forms_of(MESSAGES[type_name])
    new = Forms(deepcopy(dict(old.writes)), deepcopy(dict(old.reads)))
    for schema in (new.writes, new.reads):
        change(schema, field)
    found = breaks(old, new)
    assert any(one.startswith(says) for one in found), found


def test_a_break_inside_a_list_is_named() -> None:
    """With the way that leads to the field."""
    old = forms_of(MESSAGES["ledger.TransferPosted"])
    new = Forms(deepcopy(dict(old.writes)), deepcopy(dict(old.reads)))
    for schema in (new.writes, new.reads):
        drop(schema["$defs"]["EntryPosted"], "balance_after_minor")
    assert breaks(old, new) == [
        "entries[].balance_after_minor: was removed; old readers refuse new messages"
    ]


def test_an_optional_field_may_come_and_an_event_may_gain_one() -> None:
    """What has a default breaks nobody."""
    old = forms_of(MESSAGES[FUNDED])
    new = Forms(deepcopy(dict(old.writes)), deepcopy(dict(old.reads)))
    demand(dict(new.writes), "note")
    new.reads["properties"]["note"] = {"type": "string"}
    assert breaks(old, new) == []


def test_null_can_be_neither_taken_away_nor_given() -> None:
    """An owner that may be null stays so; one that may not never becomes so."""
    old = forms_of(MESSAGES["ledger.AccountOpened"])
    new = Forms(deepcopy(dict(old.writes)), deepcopy(dict(old.reads)))
    for schema in (new.writes, new.reads):
        schema["properties"]["owner_id"] = {"type": "string", "format": "uuid"}
    assert breaks(old, new) == [
        "owner_id: may no longer be null; the new reader refuses old messages"
    ]
    assert breaks(new, old) == ["owner_id: may be null; old readers refuse new messages"]


def test_the_gate_reads_what_was_frozen(tmp_path: Path) -> None:
    """A type that is gone and one that changed are found; a release is frozen once."""
    freeze("9.9.9", tmp_path)
    with pytest.raises(FileExistsError):
        freeze("9.9.9", tmp_path)
    gone = {name: model for name, model in MESSAGES.items() if name != FUNDED}
    assert check(tmp_path, gone, []) == [
        f"9.9.9 {FUNDED}.1: payload: {FUNDED} is gone; old messages of it still lie in topics"
    ]
    path = tmp_path / "9.9.9" / f"{FUNDED}.1.json"
    document = json.loads(path.read_text())
    demand(document["reads"], "colour")
    path.write_text(json.dumps(document))
    [fault] = check(tmp_path, None, [])
    assert "colour: was removed; old readers refuse new messages" in fault
    assert check(tmp_path, None, [f"{FUNDED}.1 colour nobody runs that reader any more"]) == []


def test_a_release_that_is_touched_is_named(tmp_path: Path) -> None:
    """A file that was edited, one that is gone, one that came, a message nobody froze."""
    release = freeze("9.9.9", tmp_path)
    assert edited(tmp_path) == ungolden(tmp_path) == []
    path = release / f"{FUNDED}.1.json"
    path.write_text(path.read_text().replace("payer_id", "paid_by"))
    (release / "ledger.TransferPosted.1.json").unlink()
    (release / "ledger.Planted.1.json").write_text("{}")
    assert edited(tmp_path) == [
        f"9.9.9/{FUNDED}.1.json: was edited; a released message is never changed",
        "9.9.9/ledger.Planted.1.json: was added; a release is frozen whole, with its digests",
        "9.9.9/ledger.TransferPosted.1.json: is gone; what a release wrote is kept",
    ]
    assert ungolden(tmp_path) == ["ledger.TransferPosted.1: has no golden message; freeze it"]


def test_an_old_version_is_lifted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A breaking change is a new version; its old messages are read through a lift, or named."""
    freeze("1.0.0", tmp_path)
    monkeypatch.setitem(MESSAGES, FUNDED, MESSAGES[FUNDED])  # put back at the end

    class EscrowFunded(Event):
        """The same word, two versions later."""

        TOPIC: ClassVar[str] = topics.LEDGER_ESCROW.name
        VERSION: ClassVar[int] = 3

        escrow_id: UUID
        paid_by: UUID
        mood: Literal["calm"]

        def key(self) -> str:
            """The escrow."""
            return str(self.escrow_id)

    models: dict[str, type[Message]] = {**MESSAGES, FUNDED: EscrowFunded}
    [fault] = check(tmp_path, models, [])
    assert "version 1 can't be lifted" in fault
    monkeypatch.setitem(LIFTS, (FUNDED, 1), lambda old: {**old, "paid_by": old["payer_id"]})
    monkeypatch.setitem(LIFTS, (FUNDED, 2), lambda old: {**old, "mood": "calm"})
    assert check(tmp_path, models, []) == []
    old = json.loads((tmp_path / "1.0.0" / f"{FUNDED}.1.json").read_text())["messages"][0]
    envelope = Envelope(UUID(int=1), "/ledger", FUNDED, 1, "k", _when())
    read = decode(envelope, json.dumps(old).encode())
    assert isinstance(read, EscrowFunded)
    assert (str(read.paid_by), read.mood) == (old["payer_id"], "calm")
