"""Codes by e-mail and SMS over HTTP, on the real database and through the file for development."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.clock import FixedClock
from services.gateway.tests.conftest import PASSWORD

NEW = "another long sentence"
WHOLE = {"email": "a@example.org", "code": "12345678", "password": NEW}


@dataclass
class Post:
    """A person and what was sent to them.

    Attributes:
        gateway: The running gateway.
        clock: Its clock, which stands still until it is moved.
        email: Where the person is known.
        token: Of their session.
    """

    gateway: Any
    clock: FixedClock
    email: str
    token: str

    async def send(self, path: str, body: Any, *, token: str = "") -> tuple[Any, Any]:
        """POST, as somebody or nobody."""
        answer: tuple[Any, Any] = await self.gateway.send(
            "POST", f"/v1{path}", json=body, token=token or None
        )
        return answer

    def letters(self, to: str) -> list[str]:
        """What was sent to an address."""
        path = self.gateway.resources.settings.messages_file
        lines = path.read_text().splitlines() if path.exists() else []
        return [one["text"] for one in map(json.loads, lines) if one["to"] == to]

    async def code(self, to: str, count: int = 1) -> str:
        """The code in the newest of so many letters."""
        for _ in range(200):
            found: list[str] = [
                code for text in self.letters(to) for code in re.findall(r"\b\d{8}\b", text)
            ]
            if len(found) >= count:
                return found[-1]
            await asyncio.sleep(0.01)
        raise AssertionError(f"no letter to {to}")


@pytest.fixture
async def post(gateway: Any) -> AsyncIterator[Post]:
    """Somebody new, logged in."""
    kept = gateway.resources.clock
    gateway.resources.clock = FixedClock(kept.now())
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    _, session = await gateway.log_in(email)
    yield Post(gateway, gateway.resources.clock, email, session["token"])
    gateway.resources.clock = kept


async def test_an_address_is_verified_by_a_code(post: Post) -> None:
    """The code that was sent there shows that it is one's own."""
    response, _ = await post.send("/me/verifications", {"email": post.email}, token=post.token)
    assert response.status == 202
    body = {"email": post.email, "code": await post.code(post.email)}
    shown, _ = await post.send("/me/verifications/confirm", body, token=post.token)
    assert shown.status == 204
    _, listed = await post.gateway.send("GET", "/v1/me/identities", token=post.token)
    assert listed["identities"][0]["verified_at"] is not None


async def test_a_phone_is_added_by_sms_and_logs_in(post: Post) -> None:
    """Only when it was shown; before, nobody is known by it."""
    phone = f"+3161{uuid4().int % 10**7:07d}"
    await post.send("/me/verifications", {"phone": phone}, token=post.token)
    body = {"phone": phone, "password": PASSWORD}
    assert (await post.send("/sessions", body))[0].status == 401
    code = await post.code(phone)
    shown = {"phone": phone, "code": code}
    assert (await post.send("/me/verifications/confirm", shown, token=post.token))[0].status == 204
    assert (await post.send("/sessions", body))[0].status == 201


async def test_another_address_takes_the_place_of_the_old(post: Post) -> None:
    """The old one opens nothing any more; that it hears of it is the notifications' test."""
    other = f"{uuid4().hex}@example.org"
    await post.send("/me/verifications", {"email": other}, token=post.token)
    body = {"email": other, "code": await post.code(other)}
    await post.send("/me/verifications/confirm", body, token=post.token)
    assert (await post.gateway.log_in(other))[0].status == 201
    assert (await post.gateway.log_in(post.email))[0].status == 401


async def test_anothers_address_is_not_taken(post: Post) -> None:
    """A code is asked for like any other; who shows it is refused, and nothing changes."""
    other = f"{uuid4().hex}@example.org"
    await post.gateway.register(other)
    asked, _ = await post.send("/me/verifications", {"email": other}, token=post.token)
    assert asked.status == 202
    body = {"email": other, "code": await post.code(other)}
    refused, problem = await post.send("/me/verifications/confirm", body, token=post.token)
    assert (refused.status, problem["type"]) == (409, "urn:localex:problem:identity-taken")
    assert (await post.gateway.log_in(post.email))[0].status == 201


async def test_a_code_is_bound_to_its_person(post: Post) -> None:
    """Another cannot show it for themselves."""
    mine = f"{uuid4().hex}@example.org"
    await post.send("/me/verifications", {"email": mine}, token=post.token)
    _, stranger = await post.gateway.person()
    body = {"email": mine, "code": await post.code(mine)}
    assert (await post.send("/me/verifications/confirm", body, token=stranger))[0].status == 409


async def test_a_password_is_reset_by_a_code(post: Post) -> None:
    """All sessions end; the code is good once."""
    response, _ = await post.send("/users/password-resets", {"email": post.email})
    assert response.status == 202
    body = {"email": post.email, "code": await post.code(post.email), "password": NEW}
    assert (await post.send("/users/password-resets/confirm", body))[0].status == 204
    assert (await post.gateway.send("GET", "/v1/me", token=post.token))[0].status == 401
    assert (await post.gateway.log_in(post.email))[0].status == 401
    opened, session = await post.gateway.log_in(post.email, NEW)
    assert opened.status == 201
    _, listed = await post.gateway.send("GET", "/v1/me/identities", token=session["token"])
    assert listed["identities"][0]["verified_at"] is not None
    assert (await post.send("/users/password-resets/confirm", body))[0].status == 409


async def test_a_reset_does_not_tell_who_exists(post: Post) -> None:
    """The same answers and the same rows for nobody; only the letter is missing."""
    nobody = f"{uuid4().hex}@example.org"
    answers = []
    for email in (post.email, nobody):
        asked = await post.send("/users/password-resets", {"email": email})
        again = await post.send("/users/password-resets", {"email": email})
        body = {"email": email, "code": "00000000", "password": NEW}
        wrong = await post.send("/users/password-resets/confirm", body)
        answers.append([(response.status, content) for response, content in (asked, again, wrong)])
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [202, 429, 409]
    await post.code(post.email)
    assert post.letters(nobody) == []


async def test_guessing_a_code_ends_it(post: Post) -> None:
    """Five wrong ones and the right one is worth nothing; ten, and one has to wait."""
    await post.send("/users/password-resets", {"email": post.email})
    code = await post.code(post.email)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    statuses = []
    for shown in [wrong] * 5 + [code] * 6:
        body = {"email": post.email, "code": shown, "password": NEW}
        statuses.append((await post.send("/users/password-resets/confirm", body))[0].status)
    assert statuses == [409] * 10 + [429]


async def test_codes_are_over_and_the_newest_counts(post: Post) -> None:
    """After a quarter of an hour, and when another was sent."""
    codes = []
    for count in (1, 2):
        await post.send("/users/password-resets", {"email": post.email})
        codes.append(await post.code(post.email, count))
        post.clock.move(timedelta(minutes=2))

    async def show(code: str) -> int:
        body = {"email": post.email, "code": code, "password": NEW}
        response, _ = await post.send("/users/password-resets/confirm", body)
        return int(response.status)

    assert await show(codes[0]) == 409
    post.clock.move(timedelta(minutes=14))
    assert await show(codes[1]) == 409


async def test_codes_are_sent_so_often(post: Post) -> None:
    """Once a minute and five an hour, for one address."""
    statuses = []
    for pause in (0, 30, 31, 61, 61, 61, 61):
        post.clock.move(timedelta(seconds=pause))
        response, _ = await post.send("/users/password-resets", {"email": post.email})
        statuses.append(response.status)
    assert statuses == [202, 429, 202, 202, 202, 202, 429]


async def test_codes_are_hashed_with_a_key(post: Post) -> None:
    """Who reads the table can't try eight digits."""
    await post.send("/users/password-resets", {"email": post.email})
    code = await post.code(post.email)
    async with post.gateway.resources.database.connection() as conn:
        rows = await conn.fetch("SELECT one_time_code::text AS row FROM one_time_code")
    assert not any(code in row["row"] for row in rows)


async def test_a_guessable_password_uses_no_code(post: Post) -> None:
    """It is refused first, and the code is still good."""
    await post.send("/users/password-resets", {"email": post.email})
    code = await post.code(post.email)
    body = {"email": post.email, "code": code, "password": "password1"}
    assert (await post.send("/users/password-resets/confirm", body))[0].status == 422
    body["password"] = NEW
    assert (await post.send("/users/password-resets/confirm", body))[0].status == 204


async def test_a_password_changes_with_the_present_one(post: Post) -> None:
    """Session fixation: all sessions end, and the answer has a new token."""
    body = {"current": "not the password", "password": NEW}
    assert (await post.send("/me/password", body, token=post.token))[0].status == 409
    body["current"] = PASSWORD
    response, renewed = await post.send("/me/password", body, token=post.token)
    assert response.status == 201
    for token, status in ((post.token, 401), (renewed["token"], 200)):
        assert (await post.gateway.send("GET", "/v1/me", token=token))[0].status == status
    assert (await post.gateway.log_in(post.email, NEW))[0].status == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "a@example.org", "code": "1234567", "password": NEW}, "code"),
        (
            {
                "email": "a@example.org",
                "phone": "+31612345678",
                "code": "12345678",
                "password": NEW,
            },
            "body",
        ),
        ({"email": "nobody", "code": "12345678", "password": NEW}, "email"),
        ({"email": "a@example.org", "code": "12345678", "password": "short"}, "password"),
        ({**WHOLE, "user_id": "x"}, "user_id"),
    ],
)
async def test_bad_resets_are_named(post: Post, body: dict[str, str], field: str) -> None:
    """Each by its field."""
    response, problem = await post.send("/users/password-resets/confirm", body)
    assert response.status == 422
    assert [error["field"] for error in problem["errors"]] == [field]
