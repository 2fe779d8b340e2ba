"""What the clients asked for and what they were told: kept outside of the system that is tested."""

import time
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

type Outcome = Literal["acknowledged", "refused", "unknown"]


@dataclass(slots=True)
class Operation:
    """One wish, however often it was sent.

    Attributes:
        number: In the order of the first sending; its memo in the books holds it.
        kind: What was wished for, as in the plan's mix.
        person: Whose session sent it.
        path: The route.
        body: What was sent.
        key: Its idempotency key.
        method: Of HTTP.
        asked_at: Of the first sending, monotonic.
        told_at: Of the answer that settled it.
        outcome: `unknown` until an answer settles it.
        status: Of the last answer; 0 when there was none.
        answer: The body of the answer that settled it.
        tries: How often it was sent.
        faults: Answers that no fault excuses.
    """

    number: int
    kind: str
    person: UUID
    path: str
    body: dict[str, Any]
    key: str
    method: str = "POST"
    asked_at: float = field(default_factory=time.monotonic)
    told_at: float | None = None
    outcome: Outcome = "unknown"
    status: int = 0
    answer: Any = None
    tries: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Look:
    """A balance as somebody was shown it.

    Attributes:
        account: Whose balance.
        balance_minor: In minor units.
        asked_at: Before it was asked for, monotonic.
        told_at: After the answer.
    """

    account: UUID
    balance_minor: int
    asked_at: float
    told_at: float


@dataclass(slots=True)
class History:
    """All operations of a run.

    Attributes:
        operations: Wishes to change something.
        looks: Balances that were read meanwhile.
        ended: Sessions that somebody was told had ended, with when.
        unsettled: Sessions that may have ended.
    """

    operations: list[Operation] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    ended: dict[str, float] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)

    def begin(
        self,
        kind: str,
        person: UUID,
        path: str,
        body: dict[str, Any],
        key: str,
        method: str = "POST",
    ) -> Operation:
        """Keep a wish before it is sent for the first time."""
        operation = Operation(len(self.operations), kind, person, path, body, key, method)
        self.operations.append(operation)
        return operation

    def unknown(self) -> list[Operation]:
        """Operations that no answer has settled."""
        return [one for one in self.operations if one.outcome == "unknown"]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many of each kind ended how."""
        found: dict[str, dict[str, int]] = {}
        for one in self.operations:
            row = found.setdefault(one.kind, {"acknowledged": 0, "refused": 0, "unknown": 0})
            row[one.outcome] += 1
        return found
