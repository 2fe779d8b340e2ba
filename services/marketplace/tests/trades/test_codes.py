"""Codes at the hand-over: shown once, tried a few times, used once; without one if both agree."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from marketplace.trades.codes.lifecycle import ALPHABET, LENGTH, code_of, hash_code, is_code
from services.marketplace.tests.trades.test_sql import attempt

WRONG = "222-222"


async def with_code(market: Any) -> tuple[Any, Any, str, str]:
    """Seller, buyer, the path of their funded trade, and the buyer's code."""
    seller, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}"
    code: str = (await buyer.made(f"{path}/code"))["code"]
    return seller, buyer, path, code


async def test_the_code_that_the_buyer_shows_proves_the_hand_over(market: Any) -> None:
    """However it is typed; both see that it is proven, and so does the event."""
    seller, buyer, path, code = await with_code(market)
    typed = f" {code.lower().replace('-', ' ')} "
    handed = await seller.made(f"{path}/hand-over", {"code": typed})
    assert (handed["state"], handed["proven"], handed["when_due"]) == (
        "handed_over", True, "releases",
    )  # fmt: skip
    assert (await buyer.get(path)).json()["proven"]
    [said] = [body for name, body in await market.said(path[8:]) if name == "TradeHandedOver"]
    assert said["proven"] is True


async def test_a_code_is_told_once_and_stored_nowhere(market: Any) -> None:
    """A repeat of the request gets no code, no table and no event has it."""
    _, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}/code"
    first, again = [await buyer.post(path, key="code") for _ in range(2)]
    code = first.json()["code"]
    assert (again.status_code, again.json()["code"]) == (201, None)
    assert first.headers["cache-control"] == "no-store"
    row = await market.database.pool.fetchrow(
        "SELECT * FROM trade_code WHERE trade_id = $1", trade["id"]
    )
    bodies = await market.database.pool.fetch("SELECT body FROM idempotent_answer")
    everything = f"{row} {[bytes(one['body']) for one in bodies]} {await market.said()}"
    assert code not in everything
    assert code.replace("-", "") not in everything


async def test_a_code_that_was_made_is_needed(market: Any) -> None:
    """Without it the hand-over is refused, and costs no attempt."""
    seller, _, path, _ = await with_code(market)
    assert (await seller.get(path)).json()["code"] == "needed"
    refused = await seller.post(f"{path}/hand-over")
    told = refused.json()
    assert (refused.status_code, told["type"].rpartition(":")[2]) == (409, "code-needed")
    assert (told["field"], told["attempts_left"]) == ("code", 5)


async def test_wrong_codes_are_counted_and_lock_it(market: Any) -> None:
    """Four, three, two, one, none; then the right one is refused, too, until there is another."""
    seller, buyer, path, code = await with_code(market)
    for left in (4, 3, 2, 1, 0):
        refused = await seller.post(f"{path}/hand-over", {"code": WRONG})
        assert (refused.status_code, refused.json()["attempts_left"]) == (409, left)
    locked = await seller.post(f"{path}/hand-over", {"code": code})
    assert locked.json()["type"].rpartition(":")[2] == "code-locked"
    assert (await buyer.get(path)).json()["code"] == "locked"
    another = await buyer.made(f"{path}/code")
    assert (another["number"], another["attempts_left"], another["further_codes"]) == (2, 5, 18)
    assert (await seller.post(f"{path}/hand-over", {"code": code})).json()["attempts_left"] == 4
    await seller.made(f"{path}/hand-over", {"code": another["code"]})


async def test_guesses_at_once_are_no_more_than_the_attempts(market: Any) -> None:
    """Twenty requests: five are compared, the rest find it locked."""
    seller, _, path, _ = await with_code(market)
    answers = await asyncio.gather(
        *(seller.post(f"{path}/hand-over", {"code": WRONG}) for _ in range(20))
    )
    kinds = Counter(answer.json()["type"].rpartition(":")[2] for answer in answers)
    assert kinds == {"code-wrong": 5, "code-locked": 15}


async def test_without_a_code_both_have_to_agree(market: Any) -> None:
    """The buyer by making none or withdrawing it, the seller by handing over so: not proven."""
    seller, buyer, path, code = await with_code(market)
    assert (await buyer.made(f"{path}/code/withdraw"))["code"] is None
    refused = await seller.post(f"{path}/hand-over", {"code": code})
    assert refused.json()["type"].rpartition(":")[2] == "no-code-made"
    handed = await seller.made(f"{path}/hand-over")
    assert (handed["proven"], handed["when_due"]) == (False, "refunds")


async def test_codes_are_the_buyers_and_for_funded_trades(market: Any) -> None:
    """The seller makes none, nobody does before or after; a stranger knows of no trade."""
    seller, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}/code"
    assert (await seller.post(path)).status_code == 403
    assert (await market.member().post(path)).status_code == 404
    assert (await buyer.post(f"{path}/withdraw")).status_code == 409
    await seller.made(f"/trades/{trade['id']}/hand-over")
    assert (await buyer.post(path)).json()["state"] == "handed_over"


async def test_a_trade_has_a_bounded_number_of_codes(market: Any) -> None:
    """The buyer may make twenty."""
    _, buyer, path, _ = await with_code(market)
    await market.database.pool.execute(
        "UPDATE trade_code SET state = 'withdrawn' WHERE trade_id = $1", path[8:]
    )
    for number in range(2, 21):
        await market.database.pool.execute(
            "UPDATE trade_code SET number = $2, attempts_left = 5, state = 'open' "
            "WHERE trade_id = $1",
            path[8:],
            number,
        )
    refused = await buyer.post(f"{path}/code")
    assert (refused.status_code, refused.json()["most"]) == (409, 20)


@pytest.mark.parametrize(
    ("code", "days", "state", "command"),
    [(True, 8, "confirmed", "ReleaseEscrow"), (False, 8, "refunding", "RefundEscrow")],
)
async def test_what_the_buyer_leaves_stands_only_if_it_is_proven(
    market: Any, days: int, state: str, command: str, *, code: bool
) -> None:
    """The clock does what was told before: pays a proven hand-over, refunds another."""
    seller, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}"
    shown = {"code": (await buyer.made(f"{path}/code"))["code"]} if code else None
    handed = await seller.made(f"{path}/hand-over", shown)
    assert handed["due_at"] is not None
    market.clock.move(timedelta(days=days))
    await market.timers.fire_due()
    after = (await buyer.get(path)).json()
    assert (after["state"], after["when_due"]) == (state, None)
    assert (await market.types(trade["id"]))[-1] == command


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("attempts_left = 6", "trade_code_only_wears"),
        ("hash = sha256('x')", "trade_code_only_wears"),
        ("number = 3", "trade_code_follows"),
        ("number = 2, attempts_left = 4", "trade_code_follows"),
        ("attempts_left = -1", "trade_code_attempts_in_range"),
        ("trade_id = gen_random_uuid()", "no privilege"),
    ],
)
async def test_the_database_holds_the_rules_of_codes(
    market: Any, change: str, constraint: str
) -> None:
    """Attempts only fall, a hash does not change, numbers follow."""
    *_, path, _ = await with_code(market)
    statement = f"UPDATE trade_code SET {change} WHERE trade_id = $1"
    assert await attempt(market, statement, path[8:]) == constraint


async def test_a_used_code_is_over(market: Any) -> None:
    """Also for the database: it is for a funded trade only, and no proof comes later."""
    seller, _, path, code = await with_code(market)
    await seller.made(f"{path}/hand-over", {"code": code})
    statement = "UPDATE trade_code SET state = 'open' WHERE trade_id = $1"
    assert await attempt(market, statement, path[8:]) == "trade_code_when_funded"
    statement = (
        "UPDATE trade SET version = version + 1, state = 'disputed', proven_at = NULL WHERE id = $1"
    )
    assert await attempt(market, statement, path[8:]) == "trade_proven_at_hand_over"


def test_codes_are_short_plain_and_all_different() -> None:
    """Six signs that nobody misreads; each number has its own."""
    numbers = [0, 1, 29, 30, len(ALPHABET) ** LENGTH - 1]
    codes = [code_of(number) for number in numbers]
    assert len(set(codes)) == len(codes)
    assert all(
        len(code) == 7 and code[3] == "-" and set(code) <= {*ALPHABET, "-"} for code in codes
    )
    salt = bytes(16)
    assert is_code("222 222", salt, hash_code("222-222", salt))
    assert not is_code("222-223", salt, hash_code("222-222", salt))
