"""Many transfers at once: what goes together, and what became of each. Pure."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from chassis.idempotency import Answer
from chassis.problems import Problem
from ledger.journal.errors import GroupRefused
from ledger.journal.models import Declined, Posted, Transfer, Verdict
from ledger.transfers.errors import BulkRefused
from ledger.transfers.lifecycle import fees_of
from ledger.transfers.models import BulkItem, BulkResult, SendBulk

#: Transfers in one transaction of an independent bulk; groups are never parted.
CHUNK_MAX: Final = 500
TOLD_MAX: Final = 20
RESULTS: Final = TypeAdapter(list[BulkResult])


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is posted in one transaction: wishes, and their transfers or why there can be none.

    Attributes:
        begin: Index of the first in the bulk.
        items: The wishes.
        linked: Transfers in their groups.
        atomic: All or none.
    """

    begin: int
    items: Sequence[BulkItem]
    linked: Sequence[Transfer | Problem]
    atomic: bool

    def wanted(self) -> list[Transfer]:
        """What the journal is asked for."""
        return [one for one in self.linked if isinstance(one, Transfer)]

    def answer(self, verdicts: Sequence[Verdict]) -> Answer | BulkRefused:
        """The results, or why an atomic bulk cannot be."""
        results = results_of(self.begin, self.items, merge(self.linked, verdicts))
        refused = refusal_of(results) if self.atomic else None
        return refused or Answer(200, RESULTS.dump_json(results))


def chunks_of(bulk: SendBulk) -> Iterator[tuple[int, tuple[BulkItem, ...]]]:
    """What is posted in one transaction, and the index of its first: an atomic bulk is one."""
    if bulk.mode == "atomic":
        yield 0, bulk.transfers
        return
    begin, end = 0, 0
    for _, linked in itertools.groupby(enumerate(bulk.transfers), lambda p: p[1].group or p[0]):
        size = sum(1 for _ in linked)
        if end > begin and end + size - begin > CHUNK_MAX:
            yield begin, bulk.transfers[begin:end]
            begin = end
        end += size
    yield begin, bulk.transfers[begin:end]


def link(
    mode: str,
    items: Sequence[BulkItem],
    prepared: Sequence[Transfer | Problem],
    ids: Iterable[UUID],
) -> list[Transfer | Problem]:
    """Bind transfers to their groups; who stands with one that cannot be is refused with it.

    Args:
        mode: An atomic bulk is one group.
        items: The wishes.
        prepared: Their transfers, or why there can be none.
        ids: New ids, one a group.
    """
    linked: list[Transfer | Problem] = []
    fresh = iter(ids)
    pairs = enumerate(zip(items, prepared, strict=True))
    together = itertools.groupby(pairs, lambda p: 0 if mode == "atomic" else p[1][0].group or p[0])
    for _, group in together:
        members = [one for _, (_, one) in group]
        if len(members) == 1:
            linked += members
        elif any(isinstance(one, Problem) for one in members):
            broken = GroupRefused("another transfer of its group cannot be")
            linked += [one if isinstance(one, Problem) else broken for one in members]
        else:
            name = next(fresh)
            linked += [replace(one, group=name) for one in members if isinstance(one, Transfer)]
    return linked


def merge(
    linked: Sequence[Transfer | Problem], verdicts: Sequence[Verdict]
) -> list[Posted | Problem]:
    """What became of each, in order, from the verdicts on those that could be tried."""
    found = iter(verdicts)
    merged: list[Posted | Problem] = []
    for one in linked:
        verdict = one if isinstance(one, Problem) else next(found)
        merged.append(verdict.problem if isinstance(verdict, Declined) else verdict)
    return merged


def results_of(
    begin: int, items: Sequence[BulkItem], outcomes: Sequence[Posted | Problem]
) -> list[BulkResult]:
    """A result for each wish; `begin` is the index of the first."""
    return [
        _result(index, item, outcome)
        for index, (item, outcome) in enumerate(zip(items, outcomes, strict=True), begin)
    ]


def _result(index: int, item: BulkItem, outcome: Posted | Problem) -> BulkResult:
    posted = outcome if isinstance(outcome, Posted) else None
    return BulkResult.model_construct(
        index=index,
        ref=item.ref,
        status="posted" if posted else "refused",
        transfer_id=posted.transfer.id if posted else None,
        fees=fees_of(posted.transfer.metadata, item.asset) if posted else [],
        problem=outcome.document() if isinstance(outcome, Problem) else None,
    )


def refusal_of(results: Sequence[BulkResult]) -> BulkRefused | None:
    """Why an atomic bulk was not posted: the wishes that cannot be; nothing if all can."""
    refused = [
        {"index": one.index, "ref": one.ref, "problem": one.problem}
        for one in results
        if one.problem and not one.problem["type"].endswith(GroupRefused.slug())
    ]
    if not refused:
        return None
    first = refused[0]["index"]
    return BulkRefused(
        f"{len(refused)} of {len(results)} cannot be, the first at index {first}",
        refused=refused[:TOLD_MAX],
    )
