"""Who leaves may think again for a time, in which nobody is let in as them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from aiohttp import web

from gateway.departures.lifecycle import AGAIN_AFTER
from services.gateway.tests.conftest import settled
from services.gateway.tests.departures.conftest import Person


async def open_trade(request: web.Request) -> web.StreamResponse:
    """Services that know of an open trade of theirs."""
    if request.path == "/v1/trades":
        trades = [{"id": "a", "state": "offered"}] if request.query["state"] == "offered" else []
        return web.json_response({"trades": trades, "next_cursor": None})
    return await settled(request)


async def money(request: web.Request) -> web.StreamResponse:
    """Services that know of money of theirs."""
    if request.path == "/v1/accounts":
        account = {"id": "a", "type": "MAIN", "asset": "LXC", "balance": "1.00", "held": "0.00"}
        return web.json_response({"accounts": [account], "next_cursor": None})
    return await settled(request)


async def test_leaving_ends_all_access_and_says_until_when_it_can_be_taken_back(
    person: Person,
) -> None:
    """Sessions and keys, for services and for the gateway's own routes."""
    _, key = await person.ask("POST", "/me/api-keys", {"name": "x", "scopes": ["items:read"]})
    departure = await person.leave()
    erase_at = person.clock.now() + timedelta(days=30)
    assert datetime.fromisoformat(departure["erase_at"]) == erase_at
    assert not departure["erased"]
    for token in (person.token, key["key"]):
        for path in ("/v1/me", "/v1/items"):
            response, _ = await person.gateway.send("GET", path, token=token)
            assert response.status == 401
    assert await person.told() == ["UserRegistered", "UserLeft"]


async def test_a_log_in_asks_who_left_whether_they_stay(person: Person) -> None:
    """It opens no session and changes nothing, however often."""
    until = datetime.fromisoformat((await person.leave())["erase_at"])
    for _ in range(2):
        status, problem = await person.log_in()
        assert (status, problem["type"]) == (409, "urn:localex:problem:you-are-leaving")
        assert datetime.fromisoformat(problem["erase_at"]) == until
        assert "token" not in problem
    await person.later(days=31)
    assert await person.is_erased()


async def test_a_wrong_password_tells_nothing_of_leaving(person: Person) -> None:
    """Who guesses does not learn that somebody has left."""
    await person.leave()
    response, problem = await person.gateway.log_in(person.email, "not the password at all")
    assert response.status == 401
    assert problem["type"] == "urn:localex:problem:wrong-credentials"


async def test_who_confirms_is_back_as_they_were(person: Person) -> None:
    """Logged in, with their name told anew, and the timer finds nobody."""
    await person.leave()
    status, session = await person.stay()
    assert (status, session["user"]["display_name"]) == (201, "Ana")
    person.token = session["token"]
    assert (await person.ask("GET", "/me"))[0] == 200
    assert await person.told() == ["UserRegistered", "UserLeft", "UserChanged"]
    await person.later(days=400)
    assert not await person.is_erased()
    assert (await person.log_in())[0] == 201


async def test_a_session_of_before_is_not_open_again(person: Person) -> None:
    """What leaving ended stays ended."""
    await person.leave()
    await person.stay()
    assert (await person.ask("GET", "/me"))[0] == 401


async def test_a_confirmation_is_good_once_and_for_five_minutes(person: Person) -> None:
    """A challenge that somebody finds later takes nothing back."""
    await person.leave()
    _, asked = await person.log_in()
    body = {"challenge": asked["challenge"]}
    assert (await person.ask("POST", "/sessions/stay", body))[0] == 201
    assert (await person.ask("POST", "/sessions/stay", body))[0] == 401
    _, session = await person.log_in()
    person.token = session["token"]
    await person.leave()
    _, asked = await person.log_in()
    person.clock.move(timedelta(minutes=6))
    body = {"challenge": asked["challenge"]}
    assert (await person.ask("POST", "/sessions/stay", body))[0] == 401


async def test_of_two_confirmations_the_later_finds_them_back(person: Person) -> None:
    """They are not let in by a challenge for what is over."""
    await person.leave()
    _, asked = await person.log_in()
    assert (await person.stay())[0] == 201
    body = {"challenge": asked["challenge"]}
    assert (await person.ask("POST", "/sessions/stay", body))[0] == 404


async def test_the_second_factor_is_asked_first(person: Person) -> None:
    """Who knows the password only neither learns that they left nor takes it back."""
    _, totp = await person.ask("POST", "/me/second-factor/totp")
    app = pyotp.TOTP(totp["secret"])
    code = {"code": app.at(person.clock.now())}
    _, enrolled = await person.ask("POST", "/me/second-factor/totp/confirm", code)
    person.token = enrolled["session"]["token"]
    await person.leave()
    status, needed = await person.log_in()
    assert (status, needed["type"]) == (401, "urn:localex:problem:second-factor-needed")
    assert (await person.ask("POST", "/sessions/stay", {"challenge": needed["challenge"]}))[
        0
    ] == 401
    person.clock.move(timedelta(seconds=60))
    shown = {"challenge": needed["challenge"], "code": app.at(person.clock.now())}
    status, asked = await person.ask("POST", "/sessions/second-factor", shown)
    assert (status, asked["type"]) == (409, "urn:localex:problem:you-are-leaving")
    assert (await person.ask("POST", "/sessions/stay", {"challenge": asked["challenge"]}))[0] == 201


async def test_who_is_about_to_leave_cannot_be_given_roles(person: Person) -> None:
    """Nobody would be told a name that is to be forgotten."""
    await person.leave()
    async with person.gateway.resources.database.connection() as conn:
        found = await conn.fetchval("SELECT version FROM users WHERE id = $1", person.id)
    _, admin = await person.gateway.log_in("operator@localex.test", "operator's own password")
    response, _ = await person.gateway.send(
        "POST",
        f"/v1/users/{person.id}/roles",
        json={"grant": ["VENDOR"], "reason": "papers of 3 May"},
        token=admin["token"],
        headers={"Idempotency-Key": f"roles-{person.id}"},
    )
    assert response.status == 404
    async with person.gateway.resources.database.connection() as conn:
        assert await conn.fetchval("SELECT version FROM users WHERE id = $1", person.id) == found


@pytest.mark.parametrize(
    ("answer", "because"), [(open_trade, "trades-are-open"), (money, "money-is-left")]
)
async def test_what_began_meanwhile_postpones_it(person: Person, answer: Any, because: str) -> None:
    """The person is told by an event; a week later it is asked again."""
    await person.leave()
    person.gateway.upstream.answer = answer
    await person.later(days=30)
    assert not await person.is_erased()
    (event,) = await person.rows(
        "SELECT payload::jsonb AS said FROM outbox WHERE key = $1::uuid::text"
        " AND headers ->> 'ce_type' = 'gateway.UserErasurePostponed'"
    )
    until = person.clock.now() + AGAIN_AFTER
    assert event["said"]["because"] == because
    assert datetime.fromisoformat(event["said"]["erase_at"]).astimezone(UTC) == until
    _, asked = await person.log_in()
    assert datetime.fromisoformat(asked["erase_at"]) == until
    person.gateway.upstream.answer = settled
    await person.later(days=6)
    assert not await person.is_erased()
    await person.later(days=1)
    assert await person.is_erased()


async def test_while_a_service_is_away_it_waits(person: Person) -> None:
    """What cannot be asked is not taken for nothing; it is asked again soon."""
    await person.leave()

    async def away(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    person.gateway.upstream.answer = away
    await person.later(days=30)
    assert not await person.is_erased()
    person.gateway.upstream.answer = settled
    await person.later(minutes=10)
    assert await person.is_erased()


async def test_a_task_that_was_given_up_leaves_nobody_half_gone(person: Person) -> None:
    """The timer asks for it anew each day until it is done."""
    await person.leave()

    async def nonsense(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"accounts": [{"balance": "nonsense"}], "trades": []})

    person.gateway.upstream.answer = nonsense
    await person.later(days=30)
    for _ in range(6):
        await person.later(minutes=10)
    dead = await person.rows("SELECT FROM task WHERE owner_id = $1 AND state = 'DEAD'")
    assert (len(dead), await person.is_erased()) == (1, False)
    person.gateway.upstream.answer = settled
    await person.later(days=1)
    assert await person.is_erased()
