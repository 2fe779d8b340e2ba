"""Which steps a trade may take, whose they are, and what they do to stock and time. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from contracts.marketplace import TradeState
from marketplace.trades.errors import IllegalStep, NotYourStep
from marketplace.trades.models import Action, Patience, Step, Trade, Who

_TABLE: Final[tuple[tuple[Action, TradeState, TradeState, Who], ...]] = (
    ("counter", "offered", "offered", "answerer"),
    ("accept", "offered", "accepted", "answerer"),
    ("decline", "offered", "declined", "answerer"),
    ("cancel", "offered", "cancelled", "offerer"),
    ("expire", "offered", "expired", "clock"),
    ("fund", "accepted", "funded", "ledger"),
    ("refuse", "accepted", "cancelled", "ledger"),
    ("cancel", "accepted", "refunding", "party"),
    ("hand-over", "funded", "handed_over", "seller"),
    ("cancel", "funded", "refunding", "party"),
    ("dispute", "funded", "disputed", "party"),
    ("expire", "funded", "refunding", "clock"),
    ("confirm", "handed_over", "confirmed", "buyer"),
    ("dispute", "handed_over", "disputed", "party"),
    ("expire", "handed_over", "refunding", "clock"),
    # Who entered the buyer's code has proof: what the buyer neither confirms nor disputes stands.
    ("lapse", "handed_over", "confirmed", "clock"),
    # Before the release the seller may agree that the buyer gets a part back.
    ("refund-part", "funded", "funded", "seller"),
    ("refund-part", "handed_over", "handed_over", "seller"),
    ("refund-part", "disputed", "disputed", "seller"),
    # The two have settled it by themselves.
    ("confirm", "disputed", "confirmed", "buyer"),
    ("rule-refund", "disputed", "refunding", "operator"),
    ("rule-release", "disputed", "confirmed", "operator"),
    ("rule-split", "disputed", "confirmed", "operator"),
    ("pay", "confirmed", "released", "ledger"),
    ("repay", "refunding", "refunded", "ledger"),
    # Cancelled before the ledger had answered, which then refused: there is nothing to give back.
    ("refuse", "refunding", "cancelled", "ledger"),
    # A saga that does not move by itself; once it is refunding there is nothing left to undo.
    ("compensate", "accepted", "refunding", "office"),
    ("compensate", "funded", "refunding", "office"),
    ("compensate", "handed_over", "refunding", "office"),
)
STEPS: Final = {
    (action, source): Step(action=action, source=source, target=target, who=who)
    for action, source, target, who in _TABLE
}
MOVES: Final = frozenset((step.source, step.target) for step in STEPS.values())
#: While a trade is here, its pieces are set aside.
HOLDING: Final[frozenset[TradeState]] = frozenset(
    {"accepted", "funded", "handed_over", "confirmed", "disputed", "refunding"}
)
#: While a trade is here, the ledger has a command to answer.
WAITING_FOR_LEDGER: Final[tuple[TradeState, ...]] = ("accepted", "confirmed", "refunding")


def find_step(trade: Trade, action: Action) -> Step:
    """The step that an action makes from the trade's state.

    Raises:
        IllegalStep: The state has no such step.
    """
    step = STEPS.get((action, trade.state))
    if step is None:
        possible = [s.action for s in STEPS.values() if s.source == trade.state]
        by_people = [
            a for a in possible if STEPS[a, trade.state].who not in ("ledger", "clock", "office")
        ]
        raise IllegalStep(action, trade.state, sorted(by_people))
    return step


def permit(trade: Trade, step: Step, actor_id: object) -> None:
    """Check that a step is the actor's, who is one of the two parties.

    Raises:
        NotYourStep: It is the other party's.
    """
    if actor_id not in takers(trade, step):
        raise NotYourStep(step.action, role_of(trade, next(iter(takers(trade, step)))))


def takers(trade: Trade, step: Step) -> frozenset[Any]:
    """The parties who may take a step; none for those of operator, office, ledger and clock."""
    people: dict[Who, set[Any]] = {
        "answerer": {trade.answerer_id},
        "offerer": {trade.offered_by_id},
        "buyer": {trade.buyer_id},
        "seller": {trade.seller_id},
        "party": {trade.buyer_id, trade.seller_id},
    }
    return frozenset(people.get(step.who, set()))


def role_of(trade: Trade, actor_id: object) -> Literal["buyer", "seller"]:
    """Which side of the trade a party is on."""
    return "buyer" if actor_id == trade.buyer_id else "seller"


def actions_of(trade: Trade, actor_id: object) -> list[Action]:
    """What a party may do now."""
    return [
        step.action
        for step in STEPS.values()
        if step.source == trade.state and actor_id in takers(trade, step)
    ]


def awaited(trade: Trade) -> Literal["buyer", "seller", "operator", "ledger"] | None:
    """Whose turn it is; None when the trade has ended."""
    if trade.state in WAITING_FOR_LEDGER:
        return "ledger"
    match trade.state:
        case "offered":
            return role_of(trade, trade.answerer_id)
        case "funded":
            return "seller"
        case "handed_over":
            return "buyer"
        case "disputed":
            return "operator"
        case _:
            return None


def stock_move(step: Step) -> Literal["hold", "free", "sell"] | None:
    """What a step does to the item's pieces."""
    if step.source not in HOLDING:
        return "hold" if step.target in HOLDING else None
    if step.target in HOLDING:
        return None
    return "sell" if step.target == "released" else "free"


def deadline_after(state: TradeState, now: datetime, patience: Patience) -> datetime | None:
    """When a state stalls; None where nothing runs out."""
    if state == "offered":
        return now + patience.answer
    if state == "funded":
        return now + patience.hand_over
    return now + patience.confirm if state == "handed_over" else None


def overdue_step(trade: Trade) -> Step | None:
    """What the clock does when the trade's time is over."""
    proven = trade.state == "handed_over" and trade.proven_at is not None
    return STEPS.get(("lapse" if proven else "expire", trade.state))


def fate_of(trade: Trade) -> Literal["expires", "refunds", "releases"] | None:
    """What becomes of the trade when nobody acts until its time is over."""
    step = overdue_step(trade) if trade.expires_at else None
    if step is None:
        return None
    return {"expired": "expires", "refunding": "refunds"}.get(step.target, "releases")  # type: ignore[return-value]


def advance(
    trade: Trade, step: Step, *, now: datetime, deadline: datetime | None, **changes: Any
) -> Trade:
    """The trade after a step."""
    return replace(
        trade,
        state=step.target,
        version=trade.version + 1,
        expires_at=deadline,
        changed_at=now,
        **changes,
    )
