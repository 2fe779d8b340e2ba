"""Guessing who is registered, racing for a second factor, and getting around it."""

import asyncio
import json
import statistics
import time
from pathlib import Path
from uuid import uuid4

import httpx2
import pyotp

from tests.attacks.edge import ask
from tests.journeys.people import PASSWORD, Actor, eventually, somebody
from tests.stack.plugin import System

#: Enough for a median that a busy machine does not decide.
TRIES = 9


def unlike(answer: httpx2.Response) -> tuple[int, list[str], dict[str, object]]:
    """What could tell two answers apart; ids of requests differ always."""
    names = sorted(name for name in answer.headers if name not in ("ratelimit", "content-length"))
    document = {k: v for k, v in answer.json().items() if k not in ("instance", "trace_id")}
    return answer.status_code, names, document


async def test_enumeration_the_same_is_answered_for_nobody(system: System) -> None:
    """Log-in and reset: status, headers and document are the same, whoever is registered."""
    async with somebody(system, "Ana") as ana:
        for path, more in (
            ("/v1/sessions", {"password": "not the password"}),
            ("/v1/users/password-resets", {}),
        ):
            known, unknown = [
                await ask(system.gateway, "POST", path, json={"email": email, **more})
                for email in (ana.email, f"{uuid4().hex}@example.org")
            ]
            assert unlike(known) == unlike(unknown)


async def test_enumeration_timing_of_log_in_tells_nothing(system: System) -> None:
    """The two take turns, so that a busy machine is busy for both; the work is the same."""
    async with somebody(system, "Ana") as ana:
        taken: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(TRIES):
            for known in (True, False):
                email = ana.email if known else f"{uuid4().hex}@example.org"
                wish = {"email": email, "password": "not the password"}
                begun = time.perf_counter()
                answer = await ask(system.gateway, "POST", "/v1/sessions", json=wish)
                taken[known].append(time.perf_counter() - begun)
                assert answer.status_code in (401, 429)
        ratio = statistics.median(taken[True]) / statistics.median(taken[False])
        # Without the hash for nobody it is above 5.
        assert 1 / 3 < ratio < 3


async def test_race_on_2fa_enrolment_has_one_winner(system: System) -> None:
    """Ana and whoever shares her session enrol at once: one app counts, with its own codes."""
    async with somebody(system, "Ana") as ana:
        begun = [
            (await ana.client.ask("POST", "/v1/me/second-factor/totp"))["secret"] for _ in range(2)
        ]
        token = ana.client.token
        path = "/v1/me/second-factor/totp/confirm"
        tries = [
            ask(system.gateway, "POST", path, token, json={"code": pyotp.TOTP(secret).now()})
            for secret in begun * 3
        ]
        answers = await asyncio.gather(*tries)
        won = [one.json() for one in answers if one.status_code == 201]
        assert len(won) == 1
        assert {one.status_code for one in answers} <= {201, 401, 403, 409}
        assert len(won[0]["recovery_codes"]) == 10
        wish = {"email": ana.email, "password": PASSWORD}
        asked = await ask(system.gateway, "POST", "/v1/sessions", json=wish)
        assert asked.json()["type"] == "urn:localex:problem:second-factor-needed"


CODE_DIGITS = 8


def newest_code(letters: Path, email: str) -> str:
    """The newest code in letters to somebody; nothing when there is none.

    Other letters, such as that a second factor was added, may come after it.
    """
    lines = letters.read_text(encoding="utf-8").splitlines() if letters.exists() else []
    for letter in reversed([json.loads(line) for line in lines]):
        if letter["to"] == email:
            words = (word.strip(".") for word in letter["text"].split())
            if code := next(
                (one for one in words if one.isdigit() and len(one) == CODE_DIGITS), ""
            ):
                return code
    return ""


async def enrol(ana: Actor) -> None:
    """Give Ana an authenticator app."""
    totp = await ana.client.begin_totp()
    await ana.client.confirm_totp(pyotp.TOTP(totp.secret).now())


async def test_a_reset_of_the_password_does_not_get_around_the_second_factor(
    system: System,
) -> None:
    """Whoever reads Ana's mail sets another password, and still lacks her app."""
    letters = Path(system.settings["GATEWAY_MESSAGES_FILE"])
    async with somebody(system, "Ana") as ana:
        await enrol(ana)
        before = ana.client.token
        path = "/v1/users/password-resets"
        asked = await ask(system.gateway, "POST", path, json={"email": ana.email})
        assert asked.status_code == 202

        async def look() -> str:
            return await asyncio.to_thread(newest_code, letters, ana.email)

        code = await eventually(look, bool)
        wish = {"email": ana.email, "code": code, "password": "an attacker's own sentence"}
        reset = await ask(system.gateway, "POST", f"{path}/confirm", json=wish)
        assert reset.status_code == 204
        wish = {"email": ana.email, "password": "an attacker's own sentence"}
        answer = await ask(system.gateway, "POST", "/v1/sessions", json=wish)
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:localex:problem:second-factor-needed"
        assert (await ask(system.gateway, "GET", "/v1/me", before)).status_code == 401
