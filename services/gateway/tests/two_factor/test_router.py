"""Authenticator apps, recovery codes and step-up over HTTP, on the real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pyotp
import pytest

from chassis.step_up import FRESH
from services.gateway.tests.conftest import PASSWORD, run_before_upstream
from services.gateway.tests.two_factor.conftest import Person
from tests.stack.database import ScratchDatabase


async def test_an_app_is_enrolled_by_a_code(person: Person) -> None:
    """It counts when it is confirmed; then there are recovery codes and a new session."""
    old = person.token
    enrolled = await person.enrol_app()
    assert len(set(enrolled["recovery_codes"])) == 10
    _, state = await person.ask("GET", "/me/second-factor")
    assert state["methods"] == ["totp", "recovery_code"]
    person.token = old
    response, _ = await person.ask("GET", "/me")
    assert response.status == 401


async def test_a_secret_that_is_not_confirmed_does_not_count(person: Person) -> None:
    """Nobody is locked out by an app that was never set up."""
    await person.ask("POST", "/me/second-factor/totp")
    response, _ = await person.log_in()
    assert response.status == 201


async def test_a_wrong_code_confirms_nothing(person: Person) -> None:
    """The app has to show that it has the secret."""
    _, made = await person.ask("POST", "/me/second-factor/totp")
    right = pyotp.TOTP(made["secret"]).at(person.clock.now())
    wrong = "000000" if right != "000000" else "111111"
    response, problem = await person.ask("POST", "/me/second-factor/totp/confirm", {"code": wrong})
    assert (response.status, problem["type"]) == (
        401,
        "urn:localex:problem:wrong-second-factor",
    )


async def test_a_log_in_needs_the_code(person: Person) -> None:
    """The right password ends in a challenge, and its answer opens the session."""
    await person.enrol_app()
    response, problem = await person.log_in()
    assert (response.status, problem["type"]) == (401, "urn:localex:problem:second-factor-needed")
    assert problem["methods"] == ["totp", "recovery_code"]
    assert "token" not in problem
    opened, session = await person.answer(problem["challenge"], code=person.code())
    assert opened.status == 201
    person.token = session["token"]
    assert (await person.ask("GET", "/me"))[0].status == 200


async def test_a_wrong_password_is_told_nothing_of_second_factors(person: Person) -> None:
    """Who has one is seen by whoever knows the password only."""
    await person.enrol_app()
    _, wrong = await person.log_in("not the password")
    assert wrong["type"] == "urn:localex:problem:wrong-credentials"
    assert "challenge" not in wrong


async def test_token_replay_of_a_code_is_refused(person: Person) -> None:
    """A code is good once, whoever saw it, and so is a challenge."""
    await person.enrol_app()
    _, first = await person.log_in()
    _, second = await person.log_in()
    code = person.code()
    assert (await person.answer(first["challenge"], code=code))[0].status == 201
    assert (await person.answer(second["challenge"], code=code))[0].status == 401
    assert (await person.answer(first["challenge"], code=person.code()))[0].status == 401


async def test_the_same_code_at_once_opens_one_session(person: Person) -> None:
    """Of several answers with one code one wins, whatever challenges they answer."""
    await person.enrol_app()
    challenges = [(await person.log_in())[1]["challenge"] for _ in range(4)]
    code = person.code()
    answers = await asyncio.gather(*(person.answer(one, code=code) for one in challenges))
    assert [response.status for response, _ in answers].count(201) == 1


async def test_a_code_lives_for_its_step_and_the_way(person: Person) -> None:
    """Ten seconds into the next step it is still taken; later, and ahead of time, it is not."""
    await person.enrol_app()
    totp = pyotp.TOTP(person.secret)
    step = timedelta(seconds=30 - person.clock.now().timestamp() % 30)
    person.clock.move(step + timedelta(seconds=30))
    began = person.clock.now()
    for typed, off, status in ((10, -30, 401), (0, 30, 401), (9, -30, 201), (29, 0, 201)):
        person.clock.move(began + timedelta(seconds=typed) - person.clock.now())
        code = totp.at(began + timedelta(seconds=off))
        _, asked = await person.log_in()
        response, _ = await person.answer(asked["challenge"], code=code)
        assert response.status == status, (typed, off)


async def test_guessing_codes_has_to_wait(person: Person) -> None:
    """Wrong codes count for the person, whatever the challenge and wherever they come from."""
    await person.enrol_app()
    statuses = []
    for _ in range(7):
        _, problem = await person.log_in()
        statuses.append((await person.answer(problem["challenge"], code="000000"))[0].status)
    assert statuses == [401] * 5 + [429] * 2


async def test_a_challenge_is_over_after_five_minutes(person: Person) -> None:
    """A challenge that somebody finds later is worth nothing."""
    await person.enrol_app()
    _, problem = await person.log_in()
    person.clock.move(timedelta(minutes=6))
    assert (await person.answer(problem["challenge"], code=person.code()))[0].status == 401


async def test_a_recovery_code_is_good_once(person: Person) -> None:
    """It stands in for the app, however it is typed."""
    await person.enrol_app()
    typed = person.codes[0].upper().replace("-", " ")
    statuses = []
    for _ in range(2):
        _, problem = await person.log_in()
        statuses.append((await person.answer(problem["challenge"], recovery_code=typed))[0].status)
    assert statuses == [201, 401]


async def test_new_recovery_codes_end_the_old(person: Person) -> None:
    """A slip of paper that was lost is worth nothing."""
    await person.enrol_app()
    _, made = await person.ask("POST", "/me/second-factor/recovery-codes")
    _, problem = await person.log_in()
    old, _ = await person.answer(problem["challenge"], recovery_code=person.codes[0])
    new, _ = await person.answer(problem["challenge"], recovery_code=made["recovery_codes"][0])
    assert (old.status, new.status) == (401, 201)


async def test_race_on_2fa_enrolment_has_one_winner(person: Person) -> None:
    """Of many who begin and confirm at once one has an app, and one set of codes is good."""
    begun = await asyncio.gather(*(person.ask("POST", "/me/second-factor/totp") for _ in range(6)))
    person.clock.move(timedelta(seconds=30))
    codes = [pyotp.TOTP(made["secret"]).at(person.clock.now()) for _, made in begun]
    answers = await asyncio.gather(
        *(
            person.ask("POST", "/me/second-factor/totp/confirm", {"code": code})
            for code in codes * 2
        )
    )
    won = [enrolled for response, enrolled in answers if response.status == 201]
    assert len(won) == 1
    assert {response.status for response, _ in answers} <= {201, 401, 409}
    async with person.gateway.resources.database.connection() as conn:
        count = await conn.fetchval(
            "SELECT count(*) FROM recovery_code AS c INNER JOIN login_identity AS i USING (user_id)"
            " WHERE i.value_normalised = $1",
            person.email,
        )
    assert count == 10


async def test_a_confirmed_app_is_not_replaced(person: Person) -> None:
    """Who finds an open session cannot slip in an app of their own."""
    await person.enrol_app()
    response, _ = await person.ask("POST", "/me/second-factor/totp")
    assert response.status == 409


async def test_the_database_keeps_a_confirmed_secret(person: Person) -> None:
    """Neither is it changed, nor is a step used twice, whoever writes."""
    await person.enrol_app()
    for change, rule in (
        ("sealed = 'x'", "totp_confirmed_stays"),
        ("last_step = last_step", "totp_code_once"),
    ):
        async with person.gateway.resources.database.connection() as conn:
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await conn.execute(f"UPDATE totp SET {change} WHERE confirmed_at IS NOT NULL")
        assert refused.value.constraint_name == rule


async def test_nothing_in_the_tables_gives_anybody_in(person: Person) -> None:
    """Secrets are sealed, codes and challenges hashed."""
    await person.enrol_app()
    _, problem = await person.log_in()
    async with person.gateway.resources.database.connection() as conn:
        rows = [
            row
            for table in ("totp", "recovery_code", "challenge")
            for row in await conn.fetch(f"SELECT {table}::text AS row FROM {table}")
        ]
    kept = "".join(row["row"] for row in rows)
    for secret in (person.secret, person.codes[0], problem["challenge"]):
        assert secret not in kept
        assert secret.encode().hex() not in kept


async def test_taking_the_app_away_ends_codes_and_other_sessions(person: Person) -> None:
    """Afterwards the password alone opens a session again."""
    await person.enrol_app()
    _, problem = await person.log_in()
    _, other = await person.answer(problem["challenge"], code=person.code())
    assert (await person.ask("DELETE", "/me/second-factor/totp"))[0].status == 204
    _, state = await person.ask("GET", "/me/second-factor")
    assert (state["methods"], state["recovery_codes_left"]) == ([], 0)
    person.token = other["token"]
    assert (await person.ask("GET", "/me"))[0].status == 401
    assert (await person.log_in())[0].status == 201


async def test_a_security_change_needs_a_fresh_session(person: Person) -> None:
    """Ten minutes after the log-in it has to be shown again; the problem names how."""
    person.clock.move(FRESH)
    response, problem = await person.ask("POST", "/me/second-factor/totp")
    assert (response.status, problem["type"]) == (403, "urn:localex:problem:step-up-needed")
    assert problem["step_up"] == "/v1/sessions/current/step-up"


async def test_session_fixation_a_step_up_makes_a_new_token(person: Person) -> None:
    """The token that somebody planted or saw does not become stronger: it ends."""
    person.clock.move(FRESH)
    old = person.token
    response, renewed = await person.ask(
        "POST", "/sessions/current/step-up", {"password": PASSWORD}
    )
    assert response.status == 201
    assert (await person.ask("GET", "/me"))[0].status == 401
    person.token = renewed["token"]
    assert old != renewed["token"]
    assert (await person.ask("POST", "/me/second-factor/totp"))[0].status == 201


async def test_a_password_is_no_step_up_with_a_second_factor(person: Person) -> None:
    """Who has an app shows the app."""
    await person.enrol_app()
    path = "/sessions/current/step-up"
    assert (await person.ask("POST", path, {"password": PASSWORD}))[0].status == 401
    assert (await person.ask("POST", path, {"code": person.code()}))[0].status == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"code": "12345"}, "code"),
        ({"code": "123456", "password": "x"}, "body"),
        ({"code": "123456", "strength": "passkey"}, "strength"),
        ({"passkey": {}}, "challenge"),
    ],
)
async def test_bad_step_ups_are_named(person: Person, body: dict[str, str], field: str) -> None:
    """One proof, in its form, and nothing besides."""
    response, problem = await person.ask("POST", "/sessions/current/step-up", body)
    assert response.status == 422
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_an_app_outlives_the_signing_key(
    person: Person, scratch_database: ScratchDatabase, tmp_path: Path
) -> None:
    """Its secret is sealed under a key of its own: a gateway with another signing key reads it."""
    await person.enrol_app()
    settings = person.gateway.resources.settings
    sealing = {"totp_key_files": settings.totp_key_files}
    async with run_before_upstream(tmp_path, scratch_database, "ledger", **sealing) as other:
        assert other.resources.settings.signing_key_file != settings.signing_key_file
        other.resources.clock = person.clock
        moved = replace(person, gateway=other)
        _, asked = await moved.log_in()
        response, session = await moved.answer(asked["challenge"], code=moved.code())
        assert response.status == 201, session
