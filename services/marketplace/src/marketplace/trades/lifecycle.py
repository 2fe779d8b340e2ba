"""Which steps a trade may take, whose they are, and what they do to stock and time. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from contracts.marketplace_trades import TradeState
from marketplace.trades.errors import IllegalStep, NotYourStep
from marketplace.trades.models import Action, Awaited, Patience, Step, Trade, Who

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
_NOT_PEOPLE: Final = ("ledger", "clock", "office")
MOVES: Final = frozenset((step.source, step.target) for step in STEPS.values())
#: While a trade is here, its pieces are set aside.
HOLDING: Final[frozenset[TradeState]] = frozenset(
    {"accepted", "funded", "handed_over", "confirmed", "disputed", "refunding"}
)
#: While a trade is here, the ledger has a command to answer.
WAITING_FOR_LEDGER: Final[tuple[TradeState, ...]] = ("accepted", "confirmed", "refunding")


#: What divides a price is not there where there is none.
_OF_A_PRICE: Final = frozenset({"refund-part", "rule-split"})

_AWAITED: Final[dict[TradeState, Awaited]] = {
    "funded": "seller",
    "handed_over": "buyer",
    "disputed": "operator",
}
#: What both do in a barter.
_OF_BOTH: Final[dict[Action, Who]] = {"hand-over": "giver", "confirm": "getter"}


def step_of(trade: Trade, action: Action) -> Step | None:
    """The step that an action would be, by the table and by what kind of trade it is.

    In a barter both hand over, then both confirm, each once and in any order; the first of the two
    leaves the trade where it is. Once both say that they handed over, silence lets it stand.
    """
    step = STEPS.get((action, trade.state))
    if step is None or (action in _OF_A_PRICE and trade.amount_minor == 0):
        return None
    if trade.kind == "gift" and action == "counter":
        return None
    who = _OF_BOTH.get(action)
    if trade.kind != "barter" or who is None:
        return step
    if trade.state == "disputed":
        return None
    first = len(sides_left(trade)) > 1
    return replace(step, who=who, target=step.source if first else step.target)


def sides_left(trade: Trade) -> frozenset[Any]:
    """In a barter, who has still to hand over, or to confirm, in the state that it is in."""
    gave = {trade.seller_id: trade.seller_gave_at, trade.buyer_id: trade.buyer_gave_at}
    got = {trade.seller_id: trade.seller_got_at, trade.buyer_id: trade.buyer_got_at}
    said = gave if trade.state == "funded" else got
    return frozenset(person for person, at in said.items() if at is None)


def find_step(trade: Trade, action: Action) -> Step:
    """The step that an action makes from the trade's state.

    Raises:
        IllegalStep: The state has no such step.
    """
    step = step_of(trade, action)
    if step is None:
        by_people = [s.action for s in steps_from(trade) if s.who not in _NOT_PEOPLE]
        raise IllegalStep(action, trade.state, sorted(by_people))
    return step


def steps_from(trade: Trade) -> list[Step]:
    """The steps that the trade can take from where it is, in the order of the table."""
    here = [action for action, source in STEPS if source == trade.state]
    return [step for action in here if (step := step_of(trade, action))]


def permit(trade: Trade, step: Step, actor_id: object) -> None:
    """Check that a step is the actor's, who is one of the two parties.

    Raises:
        NotYourStep: It is the other party's.
    """
    whose = takers(trade, step)
    if actor_id not in whose:
        raise NotYourStep(step.action, role_of(trade, next(iter(whose))))


def takers(trade: Trade, step: Step) -> frozenset[Any]:
    """The parties who may take a step; none for those of operator, office, ledger and clock."""
    people: dict[Who, set[Any]] = {
        "answerer": {trade.answerer_id},
        "offerer": {trade.offered_by_id},
        "buyer": {trade.buyer_id},
        "seller": {trade.seller_id},
        "party": {trade.buyer_id, trade.seller_id},
        "giver": set(sides_left(trade)),
        "getter": set(sides_left(trade)),
    }
    return frozenset(people.get(step.who, set()))


def role_of(trade: Trade, actor_id: object) -> Literal["buyer", "seller"]:
    """Which side of the trade a party is on."""
    return "buyer" if actor_id == trade.buyer_id else "seller"


def actions_of(trade: Trade, actor_id: object) -> list[Action]:
    """What a party may do now."""
    return [step.action for step in steps_from(trade) if actor_id in takers(trade, step)]


def awaited(trade: Trade) -> Awaited | None:
    """Whose turn it is; None when the trade has ended."""
    if trade.state in WAITING_FOR_LEDGER:
        return "ledger"
    if trade.state == "offered":
        return role_of(trade, trade.answerer_id)
    if trade.kind == "barter" and trade.state in ("funded", "handed_over"):
        left = sides_left(trade)
        return "both" if len(left) > 1 else role_of(trade, next(iter(left)))
    return _AWAITED.get(trade.state)


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
    stands = trade.kind == "barter" or trade.proven_at is not None
    lapses = trade.state == "handed_over" and stands
    return STEPS.get(("lapse" if lapses else "expire", trade.state))


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
