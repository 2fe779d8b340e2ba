"""Passkeys over HTTP, with an authenticator in software."""

from typing import Any

import pytest

from services.gateway.tests.two_factor.authenticator import Authenticator
from services.gateway.tests.two_factor.conftest import Person


async def challenged(person: Person) -> Any:
    """What the gateway asks after the password."""
    response, problem = await person.log_in()
    assert response.status == 401
    return problem


async def test_a_passkey_opens_a_session(person: Person) -> None:
    """It is asked for after the password, and a session follows."""
    response, enrolled = await person.enrol_passkey()
    assert response.status == 201, enrolled
    assert len(enrolled["recovery_codes"]) == 10
    problem = await challenged(person)
    assert problem["methods"] == ["passkey", "recovery_code"]
    shown = person.device.get(problem["passkey_options"])
    opened, _ = await person.answer(problem["challenge"], passkey=shown)
    assert opened.status == 201


@pytest.mark.parametrize(
    "device",
    [
        Authenticator(verifies=False),
        Authenticator(origin="https://localhost.example.org"),
        Authenticator(party="example.org"),
    ],
    ids=["nobody verified", "another page", "another party"],
)
async def test_what_does_not_fit_is_not_registered(person: Person, device: Authenticator) -> None:
    """Somebody must be verified, on a page of ours, for us."""
    response, problem = await person.enrol_passkey(device)
    assert (response.status, problem["type"]) == (422, "urn:localex:problem:passkey-refused")
    assert problem["errors"][0]["field"] == "credential"


@pytest.mark.parametrize(
    "change",
    [{"verifies": False}, {"origin": "https://evil.example.org"}, {"party": "example.org"}],
)
async def test_what_does_not_fit_opens_nothing(person: Person, change: dict[str, Any]) -> None:
    """A page that looks like ours, or a device that asked nobody, is of no use."""
    await person.enrol_passkey()
    for name, value in change.items():
        setattr(person.device, name, value)
    problem = await challenged(person)
    shown = person.device.get(problem["passkey_options"])
    assert (await person.answer(problem["challenge"], passkey=shown))[0].status == 401


async def test_a_copied_passkey_is_found_by_its_counter(person: Person) -> None:
    """A counter that does not go up means that there are two of it."""
    await person.enrol_passkey()
    for count, status in ((5, 201), (4, 401)):
        person.device.count = count
        problem = await challenged(person)
        shown = person.device.get(problem["passkey_options"])
        assert (await person.answer(problem["challenge"], passkey=shown))[0].status == status


async def test_token_replay_of_an_assertion_is_refused(person: Person) -> None:
    """What was signed for one challenge answers no other."""
    await person.enrol_passkey()
    first, second = await challenged(person), await challenged(person)
    shown = person.device.get(first["passkey_options"])
    assert (await person.answer(second["challenge"], passkey=shown))[0].status == 401
    assert (await person.answer(first["challenge"], passkey=shown))[0].status == 201
    assert (await person.answer(first["challenge"], passkey=shown))[0].status == 401


async def test_anothers_passkey_opens_nothing(person: Person, gateway: Any) -> None:
    """It is looked for among the person's own."""
    await person.enrol_passkey()
    stranger = Authenticator()
    problem = await challenged(person)
    shown = stranger.get(problem["passkey_options"])
    assert (await person.answer(problem["challenge"], passkey=shown))[0].status == 401


async def test_a_passkey_is_registered_once(person: Person) -> None:
    """The same one is refused, with its own challenge."""
    await person.enrol_passkey()
    response, _ = await person.enrol_passkey()
    assert response.status == 409


async def test_a_step_up_takes_the_passkey(person: Person) -> None:
    """It answers a challenge that was posed to this person for this purpose."""
    await person.enrol_passkey()
    _, asked = await person.ask("POST", "/sessions/current/challenge")
    shown = person.device.get(asked["options"])
    body = {"challenge": asked["challenge"], "passkey": shown}
    response, renewed = await person.ask("POST", "/sessions/current/step-up", body)
    assert response.status == 201
    person.token = renewed["token"]
    _, listed = await person.ask("GET", "/sessions")
    assert listed["sessions"][0]["strengthened_by"] == "passkey"


async def test_a_challenge_serves_its_purpose_only(person: Person) -> None:
    """What was posed to log in strengthens no session."""
    await person.enrol_passkey()
    problem = await challenged(person)
    shown = person.device.get(problem["passkey_options"])
    body = {"challenge": problem["challenge"], "passkey": shown}
    response, _ = await person.ask("POST", "/sessions/current/step-up", body)
    assert response.status == 401


async def test_a_passkey_is_taken_away_by_its_owner(person: Person) -> None:
    """With the last one the recovery codes go, too."""
    await person.enrol_passkey()
    _, state = await person.ask("GET", "/me/second-factor")
    path = f"/me/passkeys/{state['passkeys'][0]['id']}"
    assert (await person.ask("DELETE", path))[0].status == 204
    assert (await person.ask("DELETE", path))[0].status == 404
    assert (await person.log_in())[0].status == 201


@pytest.mark.parametrize(
    "credential", [{}, {"id": 7}, {"id": "a", "rawId": "a", "type": "x", "response": {}}]
)
async def test_broken_credentials_are_refused(person: Person, credential: dict[str, Any]) -> None:
    """What is no credential is a problem of its field, never a defect."""
    _, asked = await person.ask("POST", "/me/passkeys/challenge")
    body = {"challenge": asked["challenge"], "name": "x", "credential": credential}
    response, problem = await person.ask("POST", "/me/passkeys", body)
    assert (response.status, problem["errors"][0]["field"]) == (422, "credential")
