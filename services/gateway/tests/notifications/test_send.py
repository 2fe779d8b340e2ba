"""Mails that can't be sent wait, and end; with a carrier of the tests' own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.notifications.lifecycle import PAUSES
from gateway.notifications.mails.send import send_mails
from gateway.notifications.prune import prune_notifications
from gateway.verification.postman import Letter, Postman, Undeliverable
from services.gateway.tests.notifications.conftest import Person, Town
from services.gateway.tests.notifications.telling import trade


class Server:
    """A mail server that takes letters, or fails as it is told."""

    def __init__(self) -> None:
        """Takes everything."""
        self.fails: OSError | None = None
        self.taken: list[Letter] = []
        self.tried = 0

    def carry(self, letter: Letter) -> None:
        """Take a letter, or fail."""
        self.tried += 1
        if self.fails is not None:
            raise self.fails
        self.taken.append(letter)


@pytest.fixture
async def server(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """The only way for mails out."""
    made = Server()
    postman = Postman({"email": made})
    monkeypatch.setitem(town.gateway.resources.extra, "postman", postman)
    yield made
    await postman.close()


async def state(town: Town, person: Person) -> tuple[str, int, str | None]:
    """State, attempts and error of a person's only mail."""
    [row] = await town.rows(
        "SELECT state, attempts, error FROM notification_mail WHERE user_id = $1", person.id
    )
    return row["state"], row["attempts"], row["error"]


async def test_a_server_that_is_away_is_asked_again(town: Town, server: Server) -> None:
    """After a pause, not before; then the mail is sent, once."""
    ana = await town.person()
    server.fails = ConnectionRefusedError(f"no way to {ana.email}")
    await town.hear(trade("TradeOffered", seller=ana.id))
    await town.post()
    await town.post()
    assert (server.tried, await state(town, ana)) == (
        1,
        ("pending", 1, "ConnectionRefusedError"),
    )
    server.fails = None
    await town.later(seconds=40)
    await town.later(days=1)
    assert (len(server.taken), await state(town, ana)) == (1, ("sent", 2, None))


async def test_after_the_last_try_it_is_dead(town: Town, server: Server) -> None:
    """And nobody tries any more."""
    ana = await town.person()
    server.fails = TimeoutError()
    await town.hear(trade("TradeOffered", seller=ana.id))
    for _ in range(len(PAUSES) + 3):
        await town.later(hours=14)
    tries = len(PAUSES) + 1
    assert (server.tried, await state(town, ana)) == (tries, ("dead", tries, "TimeoutError"))


async def test_an_address_that_is_refused_for_good_is_not_tried_again(
    town: Town, server: Server
) -> None:
    """Dead at once."""
    ana = await town.person()
    server.fails = Undeliverable("refused")
    await town.hear(trade("TradeOffered", seller=ana.id))
    await town.later(days=1)
    assert (server.tried, await state(town, ana)) == (1, ("dead", 1, "refused"))


async def test_without_a_server_mails_wait_and_end_after_three_days(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not counted as tried."""
    postman = Postman({})
    monkeypatch.setitem(town.gateway.resources.extra, "postman", postman)
    ana = await town.person()
    await town.hear(trade("TradeOffered", seller=ana.id))
    await town.later(days=2)
    assert await state(town, ana) == ("pending", 0, None)
    town.clock.move(timedelta(days=2))
    await prune_notifications(town.gateway.resources)
    assert await state(town, ana) == ("dead", 0, "too-old")
    await postman.close()


async def test_two_workers_send_each_mail_once(town: Town, server: Server) -> None:
    """What one has taken the other passes over."""
    people = [await town.person() for _ in range(4)]
    await town.hear(*(trade("TradeOffered", seller=one.id) for one in people))
    await asyncio.gather(*(send_mails(town.gateway.resources) for _ in range(3)))
    assert sorted(one.to.value for one in server.taken) == sorted(one.email for one in people)


async def test_a_worker_that_dies_leaves_its_mail_to_others(town: Town, server: Server) -> None:
    """Due again after some minutes, under the same Message-ID."""
    ana = await town.person()
    await town.hear(trade("TradeOffered", seller=ana.id))
    taken = town.clock.now() + timedelta(minutes=5)
    await town.rows(
        "UPDATE notification_mail SET attempts = 1, due_at = $2 WHERE user_id = $1 RETURNING id",
        ana.id,
        taken,
    )
    await town.later(minutes=4)
    assert server.taken == []
    await town.later(minutes=1)
    assert len(server.taken) == 1


async def test_no_address_is_in_the_logs(
    town: Town, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever went wrong."""
    people = [await town.person() for _ in range(2)]
    for person, error in zip(people, (OSError(people[0].email), Undeliverable("no")), strict=True):
        server.fails = error
        await town.hear(trade("TradeOffered", seller=person.id))
        await town.post()
    said = "".join(capfd.readouterr())
    assert not [one for one in people if one.email in said]
