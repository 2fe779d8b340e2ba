"""The journey: a bicycle changes hands; then what is refused, and what a repeat does."""

import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from embedded.demo.actors import Actor, DemoFailed, eventually
from embedded.demo.telling import Teller
from localex_client import LocalEx, ProblemError
from localex_client.market_models import Item, Trade
from localex_client.trade_models import Reputation

_UNAVAILABLE: Final = 503
_CONFLICT: Final = 409
#: What both must hear of a trade that goes well.
_HEARD: Final = (
    "marketplace.TradeOffered",
    "marketplace.TradeCountered",
    "marketplace.TradeAccepted",
    "marketplace.TradeFunded",
    "marketplace.TradeHandedOver",
    "marketplace.TradeConfirmed",
    "marketplace.TradeReleased",
)


async def issue_credits(operator: LocalEx, people: Sequence[Actor], teller: Teller) -> None:
    """An operator issues 100.00 LXC to each."""
    for person in people:
        await operator.issue(person.user.id, "100.00", reason="Welcome to the demo")
    names = " and ".join(person.name for person in people)
    await teller.step(f"An operator issues 100.00 LXC to {names}.")


async def list_bicycle(ana: Actor, ben: Actor, teller: Teller) -> Item:
    """Ana lists a bicycle, and Ben finds it."""
    # A word that nobody else's listing has, so that it can only be this one.
    mark = ana.user.id.hex[-8:]
    bicycle = await ana.client.create_item(
        f"Blue city bicycle {mark}",
        price="80.00",
        description="Seven gears, new tyres, a bell that can be heard.",
        category="sports-leisure/bicycles",
        condition="good",
        neighbourhood="Old Harbour",
    )
    listed_at = time.perf_counter()
    await teller.step(f"Ana lists a {bicycle.title} for {bicycle.price} {bicycle.asset}.")

    async def look() -> list[UUID]:
        found = await ben.client.search(f"bycicle {mark}")
        return [hit.id for hit in found.items]

    try:
        await eventually(look, lambda hits: bicycle.id in hits, "search finding the bicycle")
    except ProblemError as problem:
        if problem.status != _UNAVAILABLE:
            raise
        await teller.step(f"Ben would search, but: {problem.detail}.")
    else:
        elapsed = time.perf_counter() - listed_at
        await teller.step(f'Ben finds it with "bycicle", {elapsed:.2f} s after it was listed.')
    return bicycle


async def trade_bicycle(ana: Actor, ben: Actor, bicycle: Item, teller: Teller) -> Trade:
    """From Ben's offer to Ana's pay."""
    trade = await ben.client.offer(bicycle.id, "60.00", message="Would you take 60?")
    await teller.step("Ben offers 60.00.")
    await ana.client.counter(trade.id, "75.00")
    await teller.step("Ana asks 75.00.")
    await ben.client.accept(trade.id)
    _, waited = await _reach(ben, trade.id, "funded")
    await teller.step(f"Ben accepts; {waited:.2f} s later his credits are in escrow (by Kafka).")
    shown = (await ben.client.make_code(trade.id)).code
    await teller.step(f"Ben makes a code for the hand-over, which he alone sees: {shown}.")
    await ana.client.hand_over(trade.id, code=shown)
    await teller.step("Ana hands the bicycle over, Ben shows the code, Ana enters it: proven.")
    await ben.client.confirm(trade.id)
    released, waited = await _reach(ana, trade.id, "released")
    await teller.step(
        f"Ben confirms; {waited:.2f} s later Ana is paid {released.amount} less a fee of "
        f"{released.fee}."
    )
    return released


async def check_figures(ana: Actor, ben: Actor, trade: Trade, teller: Teller) -> None:
    """The balances, to the hundredth, and the steps that both heard.

    Raises:
        DemoFailed: A figure is another, or a step was not heard.
    """
    for person in (ana, ben):
        for kind in _HEARD:
            await person.hear(kind, str(trade.id))
    teller.heard(str(trade.id))
    await teller.expect(ana, "MAIN", "174.25")
    await teller.expect(ben, "MAIN", "25.00")
    await teller.expect(ben, "ESCROW", "0.00")


async def rate_each_other(ana: Actor, ben: Actor, trade: Trade, teller: Teller) -> None:
    """Both rate; neither reads the other's words before both are in.

    Raises:
        DemoFailed: A rating was seen too early, or the reputation is another.
    """
    await ben.client.rate(trade.id, 5, "As described, and she was on time.")
    if (await ana.client.trade_ratings(trade.id)).ratings:
        raise DemoFailed("Ana sees Ben's rating before she has rated")
    await ana.client.rate(trade.id, 4, "A friendly buyer.")

    async def look() -> Reputation:
        return await ana.client.reputation(ana.user.id)

    seen, _ = await eventually(look, lambda found: found.count == 1, "Ana's reputation")
    if (seen.mean, seen.trades["sold"]) != ("3.75", 1):
        raise DemoFailed(f"Ana's reputation is {seen}")
    await teller.step("Ben and Ana rate each other; both ratings are revealed together.")
    teller.remark(f"Ana: {seen.explanation[0]}")


async def run_out_of_money(ana: Actor, ben: Actor, teller: Teller) -> None:
    """Ben wants what he can't pay: refused, the reason shown, nothing moved."""
    lamp = await ana.client.create_item("Reading lamp", price="80.00", condition="like_new")
    trade = await ben.client.offer(lamp.id, "80.00")
    await ana.client.accept(trade.id)
    ended, _ = await _reach(ben, trade.id, "cancelled")
    await teller.step("Ben offers 80.00 for a lamp with 25.00 to his name; Ana accepts.")
    teller.remark(f"The trade is {ended.state}: {ended.reason}. Ben alone is told:")
    teller.remark(f"{ended.refusal_detail}")
    await teller.expect(ben, "MAIN", "25.00")
    again = await ana.client.get_item(lamp.id)
    if again.status != "active":
        raise DemoFailed(f"the lamp is {again.status}, not active again")


async def repeat_a_key(ana: Actor, ben: Actor, teller: Teller) -> None:
    """The same key: the same bytes, one effect; with other content a problem."""
    body = {
        "from_account": await ana.main_account(),
        "to_user": str(ben.user.id),
        "amount": "1.00",
        "asset": "LXC",
    }
    key = f"demo-{ana.user.id}"
    first = await ana.client.send("POST", "/v1/transfers", json=body, key=key)
    second = await ana.client.send("POST", "/v1/transfers", json=body, key=key)
    if not first.is_success or first.content != second.content:
        raise DemoFailed(f"the repeat answered {second.text}, not {first.text}")
    await teller.step("Ana sends Ben 1.00 twice with one idempotency key: it moves once.")
    teller.remark(f"Both answers are the same {len(first.content)} bytes.")
    try:
        await ana.client.ask("POST", "/v1/transfers", json={**body, "amount": "2.00"}, key=key)
    except ProblemError as problem:
        if problem.status != _CONFLICT:
            raise
        teller.remark(f"With 2.00 under the same key: {problem.status}, {problem.detail}")
        teller.remark(f"What differs: {', '.join(problem.facts['differs'])}")
    else:
        raise DemoFailed("the key was taken for other content")
    await teller.expect(ana, "MAIN", "173.25")
    await teller.expect(ben, "MAIN", "26.00")


async def _reach(person: Actor, trade_id: UUID, state: str) -> tuple[Trade, float]:
    async def look() -> Trade:
        return await person.client.get_trade(trade_id)

    return await eventually(look, lambda trade: trade.state == state, f"the trade being {state}")
