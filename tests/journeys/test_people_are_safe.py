"""Ana protects her account, lets a program in, gets a role, and earns points for a trade."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
import pytest

from embedded.connecting import LogIn, log_in
from localex_client import LocalEx, ProblemError
from tests.journeys.people import PASSWORD, Actor, eventually, funded_trade, operator, somebody
from tests.stack.plugin import System

LATER = timedelta(minutes=1)


async def test_a_second_factor_guards_a_log_in(system: System) -> None:
    """The password is not enough any more; a recovery code is, once."""
    async with somebody(system, "Ana") as ana:
        totp = await ana.client.begin_totp()
        codes = await ana.client.confirm_totp(pyotp.TOTP(totp.secret).now())
        assert (await ana.client.second_factors()).methods == ["totp", "recovery_code"]
        async with LocalEx(system.gateway) as other:
            with pytest.raises(ProblemError) as asked:
                await other.log_in(ana.email, PASSWORD)
            assert asked.value.slug == "second-factor-needed"
            challenge = asked.value.facts["challenge"]
            await other.answer_challenge(challenge, recovery_code=codes[0])
            assert (await other.me()).id == ana.user.id
            assert len(await other.sessions()) == 2
            await other.end_other_sessions()
        with pytest.raises(ProblemError) as ended:
            await ana.client.me()
        assert ended.value.status == 401


async def test_a_command_asks_for_the_second_factor(
    system: System, move_clock: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`localex` logs in with the code of the app, and says which variable it misses."""
    async with somebody(system, "Ana") as ana:
        totp = pyotp.TOTP((await ana.client.begin_totp()).secret)
        await ana.client.confirm_totp(totp.now())
        async with LocalEx(system.gateway) as other:
            with pytest.raises(LookupError, match="LOCALEX_CODE"):
                await log_in(other, LogIn(ana.email, PASSWORD))
            # The app's first code is used up.
            move_clock(LATER)
            monkeypatch.setenv("LOCALEX_CODE", totp.at(datetime.now(UTC) + LATER))
            await log_in(other, LogIn(ana.email, PASSWORD))
            assert (await other.me()).id == ana.user.id
            monkeypatch.setenv("LOCALEX_CODE", "000000")
            with pytest.raises(ProblemError, match="wrong"):
                await log_in(other, LogIn(ana.email, PASSWORD))


async def test_a_program_does_what_its_key_says(system: System) -> None:
    """It lists items for Ana, sees no money, and ends with its key, in every service."""
    async with somebody(system, "Ana") as ana:
        key = await ana.client.make_api_key("shop", ["items:read", "items:write"])
        async with LocalEx(system.gateway, token=key.key) as program:
            item = await program.create_item("Bicycle", price="80.00")
            assert item.seller.user_id == ana.user.id
            with pytest.raises(ProblemError) as refused:
                await program.accounts()
            assert refused.value.facts["needs"] == ["accounts:read"]
            await ana.client.revoke_api_key(key.id)
            with pytest.raises(ProblemError) as ended:
                await program.get_item(item.id)
            assert ended.value.status == 401


async def test_a_large_price_is_accepted_by_whoever_is_there(
    system: System, move_clock: Callable[[timedelta], None]
) -> None:
    """Offered for 1.00, countered with a million: an old session is not enough to accept it."""
    async with somebody(system, "Ana") as ana, somebody(system, "Ben") as ben:
        item = await ana.client.create_item("Villa", price="1.00")
        trade = await ben.client.offer(item.id, "1.00")
        await ana.client.counter(trade.id, "1000000.00")
        move_clock(timedelta(minutes=11))
        with pytest.raises(ProblemError) as refused:
            await ben.client.accept(trade.id)
        assert (refused.value.status, refused.value.slug) == (403, "step-up-needed")
        assert refused.value.facts["limit"] == "10000.00 LXC"
        assert (await ben.client.get_trade(trade.id)).state == "offered"
        await ben.client.step_up(password=PASSWORD)
        await ben.client.accept(trade.id)
        # The ledger is asked, and he has no such money.
        await ben.reaches(trade.id, "cancelled")


async def test_a_role_is_followed_by_the_services(system: System) -> None:
    """An administrator gives it; the old session ends, and the new one has it."""
    async with somebody(system, "Ana") as ana:
        async with operator(system) as admin:
            roles = await admin.change_roles(ana.user.id, grant=["VENDOR"], reason="papers")
            assert roles == ["MEMBER", "VENDOR"]
        with pytest.raises(ProblemError):
            await ana.client.me()
        await ana.logs_in_again()
        assert (await ana.client.me()).roles == ["MEMBER", "VENDOR"]
        await ana.client.change_profile(display_name="Ana Maria", mascot="CORAL")
        item = await ana.client.create_item("Chair", price="10.00")

        async def name() -> str | None:
            return (await ana.client.get_item(item.id)).seller.display_name

        await eventually(name, lambda shown: shown == "Ana Maria")


async def test_a_trade_earns_points_for_both(system: System) -> None:
    """Each side once, and a streak begins."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
    ):
        trade = await funded_trade(ana, ben)
        await complete(ana, ben, trade.id)
        await earns(ana, 60)
        await earns(ben, 55)


async def earns(person: Actor, points: int) -> None:
    """Wait for so many points, and no more, on the first day of a streak."""
    profile = await eventually(person.client.profile, lambda seen: seen.progress.points >= points)
    assert (profile.progress.points, profile.progress.streak_days) == (points, 1)


async def complete(seller: Actor, buyer: Actor, trade_id: UUID) -> None:
    """Hand over and confirm."""
    await seller.client.hand_over(trade_id)
    await buyer.client.confirm(trade_id)
    await buyer.reaches(trade_id, "released")
