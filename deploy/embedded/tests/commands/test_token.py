"""`localex token`: printed alone, for as long as was said, and for nobody who is not known."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess

import httpx2
import pytest

from tests.stack.plugin import System

from .localex import localex

pytestmark = pytest.mark.timeout(600)

type Token = Callable[..., CompletedProcess[str]]


@pytest.fixture
def token(system: System) -> Token:
    """The command, on the running system."""
    folder = Path(system.settings["GATEWAY_SIGNING_KEY_FILE"]).parents[1]
    return lambda *words: localex("token", *words, "--data", folder)


async def status_of(url: str, token: str) -> int:
    """What a call with this token is answered with."""
    async with httpx2.AsyncClient(timeout=20) as client:
        answer = await client.get(url, headers={"authorization": f"Bearer {token}"})
    return answer.status_code


async def test_a_session_ends_when_it_was_said_to(
    system: System, token: Token, move_clock: Callable[[timedelta], None]
) -> None:
    """The token alone is on the output, so that a shell can keep it; its end is its end."""
    told = token("--as", "VENDOR", "--ttl", 600)
    assert told.returncode == 0, told.stderr
    (opened,) = told.stdout.splitlines()
    assert told.stderr.startswith("as Demo vendor (MEMBER/VENDOR), user ")
    assert told.stderr.endswith("valid for 600 s\n")
    me = f"{system.gateway}/v1/me"
    assert await status_of(me, opened) == 200
    move_clock(timedelta(seconds=480))
    assert await status_of(me, opened) == 200
    move_clock(timedelta(seconds=601))
    assert await status_of(me, opened) == 401
    assert await status_of(f"{system.gateway}/v1/accounts", opened) == 401


async def test_an_internal_token_ends_as_well(system: System, token: Token) -> None:
    """By the real time of the service that it is for, a few seconds being forgiven."""
    accounts = f"http://127.0.0.1:{system.settings['LEDGER_HTTP_PORT']}/v1/accounts"
    long, short = (
        token("--as", "MEMBER", "--for", "ledger", "--ttl", seconds).stdout.strip()
        for seconds in (600, 1)
    )
    async with asyncio.timeout(60):
        while await status_of(accounts, short) != 401:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.2)
    assert await status_of(accounts, long) == 200


@pytest.mark.parametrize("seconds", [-1, 0, 86_401])
def test_a_life_has_its_bounds(token: Token, seconds: int) -> None:
    """A second to a day: what lies outside is refused, and nothing is printed."""
    told = token("--as", "MEMBER", "--ttl", seconds)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f"localex: --ttl is 1 to 86400 seconds, not {seconds}\n"


def test_the_bounds_themselves_are_allowed(token: Token) -> None:
    """The shortest and the longest."""
    for seconds in (1, 86_400):
        told = token("--as", "MEMBER", "--ttl", seconds)
        assert told.returncode == 0, told.stderr
        assert told.stderr.endswith(f"valid for {seconds} s\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--as", "nobody@localex.test"), "'nobody@localex.test' is no user's id or e-mail"),
        (("--as", "MEMBER", "--for", "larder"), "'larder' is no service"),
        (("--as", "king", "--for", "ledger"), "'king' is neither a user's id nor one of"),
    ],
)
def test_an_unknown_name_is_one_line(token: Token, words: tuple[str, ...], told: str) -> None:
    """Of a person, a service, or a role; exit code 1."""
    refused = token(*words)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"localex: {told}")
    assert refused.stderr.count("\n") == 1


def test_before_the_first_start_there_is_no_key(tmp_path: Path) -> None:
    """What to do is said."""
    refused = localex("token", "--as", "MEMBER", "--data", tmp_path)
    assert refused.returncode == 1
    assert "has no signing key yet: start it with `localex up`" in refused.stderr
