"""O3: what was acknowledged exists exactly once, what was refused does not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from embedded.torture.history import Operation
from embedded.torture.oracles.effects import ByName, Effects, Loaded
from embedded.torture.oracles.findings import Violation, limited
from embedded.torture.world import memo_of

_TRANSFERS: Final = frozenset(
    {"transfer", "same key race", "overdraft", "wrong owner", "bad amount", "issue"}
)
_CAPTURES: Final = frozenset({"capture", "late capture"})
_WRITES: Final = frozenset({"created", "updated"})


def effects_agree(operations: Iterable[Operation], effects: Effects) -> list[Violation]:
    """O3: compare what clients were told with what there is."""
    known = list(operations)
    return limited(
        "O3",
        chain(
            (found for one in known for found in _contradictions(one, effects)),
            _moves_disagree(known, _CAPTURES, effects.captures, "captures"),
            _moves_disagree(known, {"release"}, effects.releases, "releases"),
            _imports_disagree(known, effects.references),
        ),
    )


def answers_are_in_order(operations: Iterable[Operation]) -> list[Violation]:
    """Answers that no fault excuses: defects, forgotten sessions, two effects of one key."""
    return limited(
        "answers",
        ((f"{one.kind} {one.number}", fault) for one in operations for fault in one.faults),
    )


def _contradictions(one: Operation, effects: Effects) -> Iterator[tuple[str, str]]:
    """Of operations that have an effect of their own."""
    name = f"{one.kind} {one.number}"
    memo = memo_of(one.number)
    if one.kind == "bulk":
        yield from _of_bulk(one, effects, name)
    elif one.kind in _TRANSFERS:
        yield from _of_one(one, effects.transfers.get(memo, []), name)
    elif one.kind == "reserve":
        yield from _of_one(one, effects.reservations.get(memo, []), name)
    elif one.kind == "list":
        yield from _of_one(one, effects.items.get(memo, []), name)
    elif one.kind == "offer":
        # An item is offered for once: what came of it is named by item and buyer.
        found = effects.trades.get(f"{one.body['item_id']} {one.person}", [])
        yield from _of_one(one, found, name)
    elif one.kind in {"trade step", "ruling"}:
        yield from _of_one(one, effects.steps.get(_step_of(one), []), name, "version")


def _of_one(
    one: Operation, found: list[str], name: str, told_as: str = "id"
) -> Iterator[tuple[str, str]]:
    if len(found) > 1:
        yield name, f"it happened {len(found)} times"
    if one.outcome == "acknowledged" and found != [str(one.answer[told_as])]:
        yield name, f"{one.answer[told_as]} was acknowledged, there is {found or 'nothing'}"
    if one.outcome == "refused" and found:
        yield name, f"it was refused ({one.status}), there is {found}"


def _of_bulk(one: Operation, effects: Effects, name: str) -> Iterator[tuple[str, str]]:
    count = one.body.get("count") or len(one.body["transfers"])
    told: list[str | None] = one.answer if one.outcome == "acknowledged" else [None] * count
    if one.outcome == "acknowledged" and len(told) != count:
        yield name, f"{len(told)} of {count} were answered"
    present = 0
    for item, wanted in enumerate(told):
        found = effects.transfers.get(memo_of(one.number, item), [])
        present += bool(found)
        if len(found) > 1:
            yield f"{name} item {item}", f"it happened {len(found)} times"
        if one.outcome == "acknowledged" and found != ([wanted] if wanted else []):
            yield f"{name} item {item}", f"the answer says {wanted}, there is {found or 'nothing'}"
        if one.outcome == "refused" and found:
            yield f"{name} item {item}", f"it was refused ({one.status}), there is {found}"
    if one.body["mode"] == "atomic" and present not in {0, count}:
        yield name, f"all or none was asked for, there are {present} of {count}"


def _step_of(one: Operation) -> str:
    """What names a step: the trade, the action, and who took it."""
    [_, _, _, trade, verb] = one.path.split("/")
    action = f"rule-{one.body['ruling']}" if one.kind == "ruling" else verb
    return f"{trade} {action} {one.person}"


def _moves_disagree(
    operations: Sequence[Operation], kinds: Iterable[str], moves: ByName, what: str
) -> Iterator[tuple[str, str]]:
    """Of moves of reservations: several may be right, and only the answer tells them apart."""
    wished: dict[str, list[Operation]] = defaultdict(list)
    for one in operations:
        if one.kind in kinds:
            wished[one.path.split("/")[3]].append(one)
    for reservation in wished.keys() | moves.keys():
        name = f"{what} of reservation {reservation}"
        wishes, found = wished.get(reservation, []), moves.get(reservation, [])
        told = [one.answer["transfer_id"] for one in wishes if one.outcome == "acknowledged"]
        for transfer in sorted(set(told)):
            answers, there = told.count(transfer), found.count(transfer)
            if (answers, there) != (1, 1):
                yield (
                    name,
                    f"{transfer} was acknowledged {answers} times, it is there {there} times",
                )
        untold = [transfer for transfer in found if transfer not in told]
        unknown = sum(one.outcome == "unknown" for one in wishes)
        if len(untold) > unknown:
            yield name, f"{untold} were not acknowledged, {unknown} wishes were not answered"


@dataclass(slots=True)
class _Imported:
    """What imports were told of one reference: items, writes, and how many had no answer."""

    ids: set[str] = field(default_factory=set)
    writes: int = 0
    unknown: int = 0


def _imports_disagree(
    operations: Iterable[Operation], references: Mapping[str, list[Loaded]]
) -> Iterator[tuple[str, str]]:
    """Of rows of imports: one item a reference, written as often as answers say."""
    told = _read_imports(operations)
    for reference in told.keys() | references.keys():
        known, found = told[reference], references.get(reference, [])
        if len(found) > 1:
            yield reference, f"was loaded {len(found)} times"
        ids = {item.item_id for item in found}
        if known.ids and known.ids != ids:
            yield reference, f"{known.ids} was acknowledged, there is {ids or 'nothing'}"
        for item in found:
            if not known.writes <= item.version <= known.writes + known.unknown:
                answered = f"{known.writes} acknowledged, {known.unknown} not answered"
                yield reference, f"was written {item.version} times: {answered}"


def _read_imports(operations: Iterable[Operation]) -> dict[str, _Imported]:
    told: dict[str, _Imported] = defaultdict(_Imported)
    for one in operations:
        if one.kind == "import" and one.outcome == "acknowledged":
            for row in one.answer["rows"]:
                if row["item_id"]:
                    known = told[_reference(one, row)]
                    known.ids.add(row["item_id"])
                    known.writes += row["outcome"] in _WRITES
        elif one.kind == "import" and one.outcome == "unknown":
            for reference in {_reference(one, row) for row in one.body["items"]}:
                told[reference].unknown += 1
    return told


def _reference(one: Operation, row: Any) -> str:
    return f"{one.person} {row['external_ref']}"
