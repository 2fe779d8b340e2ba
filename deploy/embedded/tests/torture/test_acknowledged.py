"""O3: what clients were told is what there is, once."""

from typing import Any
from uuid import UUID

import pytest

from embedded.torture.history import History, Operation, Outcome
from embedded.torture.oracles.acknowledged import effects_agree
from embedded.torture.oracles.effects import Effects, Loaded
from embedded.torture.world import memo_of

PERSON = UUID(int=7)


def operation(
    kind: str,
    outcome: Outcome,
    answer: Any,
    body: Any = None,
    path: str = "/v1/transfers",
) -> Operation:
    """One wish that was settled so."""
    one = History().begin(kind, PERSON, path, body or {}, "key")
    one.outcome, one.answer = outcome, answer
    return one


PAID = memo_of(0)
ONCE = [
    ("acknowledged", ["a"], True),
    ("acknowledged", [], False),
    ("acknowledged", ["b"], False),
    ("acknowledged", ["a", "b"], False),
    ("refused", [], True),
    ("refused", ["a"], False),
    ("unknown", [], True),
    ("unknown", ["a"], True),
    ("unknown", ["a", "b"], False),
]


@pytest.mark.parametrize(("outcome", "there", "well"), ONCE)
@pytest.mark.parametrize("kind", ["transfer", "reserve", "issue", "list"])
def test_an_operation_happened_as_it_was_answered(
    kind: str, outcome: Outcome, there: list[str], *, well: bool
) -> None:
    """Acknowledged: once. Refused: never. Never answered: at most once."""
    one = operation(kind, outcome, {"id": "a"})
    effects = Effects(
        transfers={PAID: there} if kind in {"transfer", "issue"} else {},
        reservations={PAID: there} if kind == "reserve" else {},
        items={PAID: there} if kind == "list" else {},
    )
    assert (effects_agree([one], effects) == []) == well


@pytest.mark.parametrize(("outcome", "there", "well"), ONCE)
def test_an_offer_made_one_trade(outcome: Outcome, there: list[str], *, well: bool) -> None:
    """Of this buyer for this item; what others offered is theirs."""
    one = operation("offer", outcome, {"id": "a"}, {"item_id": "i"})
    assert (effects_agree([one], Effects(trades={f"i {PERSON}": there})) == []) == well


@pytest.mark.parametrize(("outcome", "there", "well"), ONCE)
@pytest.mark.parametrize(
    ("kind", "verb", "body", "action"),
    [
        ("trade step", "hand-over", {}, "hand-over"),
        ("ruling", "resolve", {"ruling": "split"}, "rule-split"),
    ],
)
def test_a_step_was_taken_as_it_was_answered(
    kind: str,
    verb: str,
    body: dict[str, str],
    action: str,
    outcome: Outcome,
    there: list[str],
    *,
    well: bool,
) -> None:
    """With the version that was told, by who wished for it."""
    one = operation(kind, outcome, {"id": "t", "version": "a"}, body, f"/v1/trades/t/{verb}")
    effects = Effects(steps={f"t {action} {PERSON}": there, f"t accept {PERSON}": ["x", "y"]})
    assert (effects_agree([one], effects) == []) == well


@pytest.mark.parametrize(("outcome", "there", "well"), [*ONCE, ("acknowledged", ["a", "a"], False)])
@pytest.mark.parametrize("kind", ["capture", "late capture", "release"])
def test_a_reservation_moved_as_it_was_answered(
    kind: str, outcome: Outcome, there: list[str], *, well: bool
) -> None:
    """Beside another capture or release that was acknowledged."""
    path = f"/v1/reservations/r/{'release' if kind == 'release' else 'capture'}"
    other = operation(kind, "acknowledged", {"transfer_id": "z"}, path=path)
    one = operation(kind, outcome, {"transfer_id": "a"}, path=path)
    moves = {"r": ["z", *there]}
    effects = Effects(releases=moves) if kind == "release" else Effects(captures=moves)
    assert (effects_agree([other, one], effects) == []) == well


def test_two_captures_are_not_acknowledged_as_one() -> None:
    """Each wish has a transfer of its own."""
    one = operation("capture", "acknowledged", {"transfer_id": "a"}, path="/v1/reservations/r/x")
    assert effects_agree([one], Effects(captures={"r": ["a"]})) == []
    assert effects_agree([one, one], Effects(captures={"r": ["a"]}))


def test_nobody_else_pays_from_a_reservation() -> None:
    """A capture of a reservation that nobody asked to pay from."""
    assert effects_agree([], Effects(captures={"r": ["a"]}))


def rows(outcome: str) -> dict[str, Any]:
    """What an import of one row answers."""
    return {"rows": [{"external_ref": "r", "item_id": "i", "outcome": outcome}]}


@pytest.mark.parametrize(
    ("told", "unknown", "there", "well"),
    [
        (["created"], 0, [Loaded("i", 1)], True),
        (["created", "updated", "unchanged"], 0, [Loaded("i", 2)], True),
        (["created"], 0, [], False),
        (["created"], 0, [Loaded("j", 1)], False),
        (["created"], 0, [Loaded("i", 1), Loaded("j", 1)], False),
        (["created", "unchanged"], 0, [Loaded("i", 2)], False),
        (["created", "updated"], 0, [Loaded("i", 1)], False),
        (["created"], 1, [Loaded("i", 2)], True),
        (["created"], 1, [Loaded("i", 3)], False),
        ([], 0, [], True),
        ([], 0, [Loaded("i", 1)], False),
        ([], 1, [Loaded("i", 1)], True),
        ([], 1, [], True),
        ([], 1, [Loaded("i", 1), Loaded("j", 1)], False),
    ],
)
def test_imports_wrote_as_often_as_they_said(
    told: list[str], unknown: int, there: list[Loaded], *, well: bool
) -> None:
    """One item a reference; each row that was created or updated is one version of it."""
    asked = {"items": [{"external_ref": "r"}]}
    operations = [operation("import", "acknowledged", rows(outcome), asked) for outcome in told]
    operations += [operation("import", "unknown", None, asked)] * unknown
    operations.append(operation("import", "refused", None, asked))
    effects = Effects(references={f"{PERSON} r": there})
    assert (effects_agree(operations, effects) == []) == well


@pytest.mark.parametrize(
    ("mode", "outcome", "there", "well"),
    [
        ("independent", "acknowledged", [["a"], []], True),
        ("independent", "acknowledged", [["a"], ["b"]], False),
        ("independent", "acknowledged", [[], []], False),
        ("independent", "acknowledged", [["a", "b"], []], False),
        ("independent", "refused", [["a"], []], False),
        ("independent", "unknown", [["a"], []], True),
        ("atomic", "unknown", [["a"], []], False),
        ("atomic", "unknown", [[], []], True),
        ("atomic", "unknown", [["a"], ["b"]], True),
    ],
)
def test_a_bulk_happened_as_it_was_answered(
    mode: str, outcome: Outcome, there: list[list[str]], *, well: bool
) -> None:
    """Each part of it, and an atomic one as a whole."""
    one = operation("bulk", outcome, ["a", None], {"mode": mode, "count": 2})
    effects = Effects(transfers={memo_of(0, i): ids for i, ids in enumerate(there)})
    assert (effects_agree([one], effects) == []) == well
