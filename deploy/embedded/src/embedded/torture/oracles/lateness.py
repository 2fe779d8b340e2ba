"""O3: what has expired is not paid from, unless its clock was set back in between."""

from collections.abc import Iterable, Iterator

from embedded.torture.clocks import Clocks
from embedded.torture.history import Operation
from embedded.torture.oracles.findings import Violation, limited

_LEDGER = "ledger"


def nothing_late_is_paid(operations: Iterable[Operation], clocks: Clocks) -> list[Violation]:
    """O3: captures after expiry were refused; each was asked for when the time was over."""
    return limited("O3", _paid_late(list(operations), clocks))


def _paid_late(operations: list[Operation], clocks: Clocks) -> Iterator[tuple[str, str]]:
    reserved = {
        one.answer["id"]: one
        for one in operations
        if one.kind == "reserve" and one.outcome == "acknowledged"
    }
    for one in operations:
        if one.kind != "late capture" or one.outcome != "acknowledged":
            continue
        if not _set_back(reserved[one.path.split("/")[3]], one, clocks):
            yield f"late capture {one.number}", "what had expired was paid"


def _set_back(reserved: Operation, captured: Operation, clocks: Clocks) -> bool:
    """Whether the ledger's clock may have been earlier at the capture than at the reservation."""
    if reserved.told_at is None or captured.told_at is None:
        return False
    before = clocks.offsets(_LEDGER, reserved.asked_at, reserved.told_at)
    after = clocks.offsets(_LEDGER, captured.asked_at, captured.told_at)
    return min(after) < max(before)
