"""A granted token opens the gateway, or one service, and nothing else."""

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from embedded.granting import mint_internal, open_session
from embedded.places import Places
from tests.stack.plugin import System

HOUR = timedelta(hours=1)


async def ask(url: str, token: str) -> httpx2.Response:
    """Call with a bearer token."""
    async with httpx2.AsyncClient() as client:
        return await client.get(url, headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def places(system: System) -> Places:
    """Where the running system keeps its things."""
    return Places.of(Path(system.settings["GATEWAY_SIGNING_KEY_FILE"]).parents[1])


async def test_a_role_is_a_demo_user_with_that_role(system: System, places: Places) -> None:
    """The same user each time, whatever the letters' case; the gateway says who it is."""
    answers = []
    for name in ("OPERATOR", "operator"):
        token, _ = await open_session(places, name, HOUR)
        answers.append((await ask(f"{system.gateway}/v1/me", token)).json())
    assert answers[0] == answers[1]
    assert answers[0]["roles"] == ["MEMBER", "OPERATOR"]


async def test_a_user_is_found_by_e_mail_and_by_id(system: System, places: Places) -> None:
    """Anyone who is registered can be stood in for, from this machine."""
    token, _ = await open_session(places, system.operator[0], HOUR)
    me = (await ask(f"{system.gateway}/v1/me", token)).json()
    again, _ = await open_session(places, me["id"], HOUR)
    assert (await ask(f"{system.gateway}/v1/me", again)).json() == me


async def test_an_unknown_name_is_refused(places: Places) -> None:
    """Nobody is made up."""
    with pytest.raises(LookupError, match="nobody@"):
        await open_session(places, "nobody@localex.test", HOUR)


async def test_an_internal_token_opens_only_its_service(system: System, places: Places) -> None:
    """Neither the gateway nor another service takes it."""
    token, _ = mint_internal(places, "MEMBER", "ledger", HOUR)
    settings = system.settings
    ledger = f"http://127.0.0.1:{settings['LEDGER_HTTP_PORT']}/v1/accounts"
    search = f"http://127.0.0.1:{settings['SEARCH_HTTP_PORT']}/v1/search"
    assert (await ask(ledger, token)).status_code == 200
    assert (await ask(search, token)).status_code == 401
    assert (await ask(f"{system.gateway}/v1/me", token)).status_code == 401
