"""Ana keeps what is hers: vault, password, passkeys, programs; and the office what is its."""

from uuid import uuid4

import pytest

from localex_client import LocalEx, ProblemError
from services.gateway.tests.two_factor.authenticator import Authenticator
from tests.journeys.people import PASSWORD, eventually, operator, somebody
from tests.stack.plugin import System

BETTER = "another long sentence is better"


async def test_a_vault_is_kept_read_with_a_reason_and_erased(system: System) -> None:
    """Ana reads it herself; who else did, and why, she is told."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        kept = await ana.client.keep_in_vault("phone", "+34 600 000 000")
        assert (await ana.client.vault()).fields == [kept]
        assert await ana.client.vault_value("phone") == "+34600000000"
        why = "the courier asks for a number"
        read = await office.read_vault(ana.user.id, ["phone", "legal_name"], why)
        assert [(one.field, one.value) for one in read] == [("phone", "+34600000000")]
        [look] = (await ana.client.looks()).accesses
        assert (look.reason, look.reader_id) == (why, (await office.me()).id)
        await ana.client.forget_in_vault("phone")
        with pytest.raises(ProblemError) as gone:
            await ana.client.vault_value("phone")
        assert gone.value.status == 404
        assert (await ana.client.erase_vault()).erased_at is not None


async def test_a_password_is_changed(system: System) -> None:
    """The new session goes on, the old password opens nothing."""
    async with somebody(system, "Ana") as ana, LocalEx(system.gateway) as other:
        await ana.client.change_password(PASSWORD, BETTER)
        [identity] = await ana.client.identities()
        assert (identity.kind, identity.value) == ("email", ana.email)
        with pytest.raises(ProblemError):
            await other.log_in(ana.email, PASSWORD)
        await other.log_in(ana.email, BETTER)


async def test_a_passkey_strengthens_a_session(system: System) -> None:
    """Made and used as a browser would; recovery codes are made anew, and one is enough, too."""
    device = Authenticator()
    async with somebody(system, "Ana") as ana:
        asked = await ana.client.begin_passkey()
        codes = await ana.client.add_passkey(
            asked.challenge, "My phone", device.create(asked.options)
        )
        assert len(codes) == 10
        posed = await ana.client.pose_passkey()
        await ana.client.step_up(passkey=device.get(posed.options), challenge=posed.challenge)
        anew = await ana.client.remake_recovery_codes()
        assert not set(codes) & set(anew)
        await ana.client.step_up(recovery_code=anew[0])
        [passkey] = (await ana.client.second_factors()).passkeys
        await ana.client.remove_passkey(passkey.id)
        assert (await ana.client.second_factors()).passkeys == []


async def test_a_program_begins_by_its_key_and_goes_on(system: System) -> None:
    """A refresh token is good once: shown again, it ends what came of it."""
    async with somebody(system, "Ana") as ana, LocalEx(system.gateway) as program:
        key = await ana.client.make_api_key("shop", ["items:read", "items:write"])
        first = await program.begin_program(key.key or "")
        item = await program.create_item("Bicycle", price="80.00")
        second = await program.renew_program(first.refresh_token)
        assert (await program.get_item(item.id)).id == item.id
        assert second.scopes == ["items:read", "items:write"]
        with pytest.raises(ProblemError):
            await program.renew_program(first.refresh_token)
        with pytest.raises(ProblemError) as ended:
            await program.get_item(item.id)
        assert ended.value.status == 401


async def test_somebody_is_checked_and_an_outcome_is_put_right(system: System) -> None:
    """The office checks Ana; who wants another outcome needs a second operator."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Eve") as eve,
        operator(system) as office,
    ):
        assert not (await ana.client.identified()).identified
        why = "she wants to trade for more"
        await office.check_person(ana.user.id, "KYC", why)
        standing = await eventually(
            lambda: office.standing(ana.user.id, why),
            lambda seen: any(one.checked_at for one in seen.checks),
        )
        assert [one.kind for one in standing.checks] == ["KYC"]
        wish = await office.ask_override(
            ana.user.id, "KYC", "REFUSED", "the papers were read again"
        )
        assert wish.id in {one.id for one in await office.overrides(limit=200)}
        with pytest.raises(ProblemError) as own:
            await office.decide_override(wish.id, "approve")
        assert own.value.slug == "second-person-needed"
        await office.change_roles(eve.user.id, grant=["OPERATOR"], reason="a second operator")
        await eve.logs_in_again()
        assert (await eve.client.decide_override(wish.id, "reject")).decision == "REJECTED"


async def test_an_administrator_follows_roles_and_ends_sessions(system: System) -> None:
    """What Ana was given and why; her phone is lost, and all her sessions end."""
    async with somebody(system, "Ana") as ana, operator(system) as admin:
        await admin.change_roles(ana.user.id, grant=["VENDOR"], reason="papers")
        told = await admin.roles(ana.user.id)
        assert (told.roles, told.changes[0].reason) == (["MEMBER", "VENDOR"], "papers")
        await ana.logs_in_again()
        assert await admin.log_out_person(ana.user.id, "the phone was stolen, Ana called") == 1
        with pytest.raises(ProblemError) as ended:
            await ana.client.me()
        assert ended.value.status == 401


async def test_programs_that_are_told_are_listed(system: System) -> None:
    """With what they want to hear."""
    async with somebody(system, "Ana") as ana:
        added = await ana.client.add_endpoint("https://shop.example/a", ["ledger.GiftReceived"])
        [endpoint] = await ana.client.endpoints()
        assert (endpoint.id, endpoint.event_types) == (added, ["ledger.GiftReceived"])


async def test_mails_are_followed_by_operators(system: System) -> None:
    """A new password is told by mail: neither address nor words are shown."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        await ana.client.change_password(PASSWORD, BETTER)

        async def sent() -> bool:
            mails = (await office.mails(state="sent", limit=100)).mails
            return ana.user.id in {one.user_id for one in mails}

        await eventually(sent, bool)
        with pytest.raises(ProblemError) as none:
            await office.redrive_mail(uuid4())
        assert none.value.status == 404
