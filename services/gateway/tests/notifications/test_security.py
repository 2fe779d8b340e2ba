"""What concerns people's safety is said where it happens, and always mailed."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from contracts.gateway import SecurityChanged
from gateway.users.claim_identity import claim_identity
from gateway.users.models import Identity
from services.gateway.tests.conftest import PASSWORD
from services.gateway.tests.notifications.conftest import Person, Town
from services.gateway.tests.notifications.telling import NOW
from services.gateway.tests.two_factor.conftest import Person as Factored

NEW = "another long sentence"


async def said(town: Town, user_id: UUID) -> list[str]:
    """What was said of a person's safety, in order."""
    rows = await town.rows(
        "SELECT payload FROM outbox WHERE topic = 'gateway.security.v1' AND key = $1 ORDER BY id",
        str(user_id),
    )
    return [orjson.loads(row["payload"])["change"] for row in rows]


@pytest.fixture
async def factored(town: Town) -> Factored:
    """Somebody who enrols second factors."""
    ana = await town.person()
    return Factored(town.gateway, town.clock, ana.email, ana.token)


async def who(person: Factored) -> UUID:
    """Their id."""
    _, found = await person.ask("GET", "/me/profile")
    return UUID(found["user_id"])


async def test_second_factors_are_said(town: Town, factored: Factored) -> None:
    """An app and a passkey, when they come and when they go, and codes that are made anew."""
    user_id = await who(factored)
    await factored.enrol_app()
    response, _ = await factored.enrol_passkey()
    assert response.status == 201
    await factored.ask("POST", "/me/second-factor/recovery-codes")
    _, state = await factored.ask("GET", "/me/second-factor")
    await factored.ask("DELETE", f"/me/passkeys/{state['passkeys'][0]['id']}")
    await factored.ask("DELETE", "/me/second-factor/totp")
    assert await said(town, user_id) == [
        "app_added",
        "passkey_added",
        "recovery_codes_made",
        "passkey_removed",
        "app_removed",
    ]


async def test_another_password_and_a_key_are_said(town: Town) -> None:
    """A refused change is not."""
    ana = await town.person()
    wish = {"current": "wrong password", "password": NEW}
    await ana.ask("POST", "/me/password", wish)
    assert await said(town, ana.id) == []
    response, session = await ana.ask(
        "POST", "/me/password", {"current": PASSWORD, "password": NEW}
    )
    assert response.status == 201
    ana.token = session["token"]
    response, _ = await ana.ask("POST", "/me/api-keys", {"name": "shop", "scopes": ["items:read"]})
    assert response.status == 201
    assert await said(town, ana.id) == ["password_changed", "api_key_made"]


async def log_in(town: Town, person: Person, agent: str) -> Any:
    """Log in with another program."""
    response, _ = await town.gateway.send(
        "POST",
        "/v1/sessions",
        json={"email": person.email, "password": PASSWORD},
        headers={"User-Agent": agent},
    )
    return response.status


async def test_a_device_that_is_new_is_said_once(town: Town) -> None:
    """Not the first one, nor one that was seen before."""
    ana = await town.person()
    assert await said(town, ana.id) == []
    for agent in ("telephone", "telephone", "tablet"):
        assert await log_in(town, ana, agent) == 201
    assert await said(town, ana.id) == ["new_device", "new_device"]


async def test_an_address_that_was_replaced_hears_of_it(town: Town) -> None:
    """For three days; it logs nobody in, and gets no other mail."""
    ana = await town.person()
    old, new = ana.email, f"new-{ana.email}"
    async with town.gateway.resources.database.transaction() as conn:
        await claim_identity(conn, ana.id, Identity("email", new), now=town.clock.now())
    assert await said(town, ana.id) == ["email_changed"]
    changed = SecurityChanged(user_id=ana.id, change="email_changed", changed_at=NOW)
    await town.hear(changed)
    await town.post()
    assert len(town.mails(old)) == len(town.mails(new)) == 1
    await town.later(days=4)
    await town.hear(changed)
    await town.post()
    assert (len(town.mails(old)), len(town.mails(new))) == (1, 2)


async def test_verifying_what_one_has_is_no_change(town: Town) -> None:
    """The same address, shown again."""
    ana = await town.person()
    async with town.gateway.resources.database.transaction() as conn:
        await claim_identity(conn, ana.id, Identity("email", ana.email), now=town.clock.now())
    assert await said(town, ana.id) == []


def test_the_event_says_no_address() -> None:
    """Who and what, nothing that could be a secret."""
    assert set(SecurityChanged.model_fields) == {"user_id", "change", "changed_at"}
