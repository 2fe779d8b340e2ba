"""What is repeated, what is not, and what a caller is told. The gateway is played by functions."""

import json
from collections.abc import Callable
from uuid import UUID

import httpx2
import pytest

from localex_client import LocalEx, Patience, ProblemError, Unreachable
from localex_client.wire import KEY_HEADER

type Play = Callable[[httpx2.Request], httpx2.Response]

QUICK = Patience(tries_max=4, first_pause_seconds=0.001, pause_max_seconds=0.01)


def client(play: Play) -> LocalEx:
    """A client whose gateway is `play`."""
    return LocalEx(
        "http://gateway", "lxs_token", patience=QUICK, transport=httpx2.MockTransport(play)
    )


class Gateway:
    """Answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: int | Exception) -> None:
        """Answer with these statuses, or fail with these errors, the last one for ever."""
        self._answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Play the next answer."""
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer, json={"status": answer, "accounts": [], "detail": "so"})


@pytest.mark.parametrize("trouble", [429, 502, 503, 504, httpx2.ReadError("lost")])
async def test_a_write_is_repeated_with_the_same_key_and_body(trouble: int | Exception) -> None:
    """A lost answer may hide a done write: only the same key makes the repeat safe."""
    gateway = Gateway(trouble, trouble, 201)
    async with client(gateway) as ana:
        answer = await ana.send("POST", "/v1/transfers", json={"amount": "1.00"}, key="one")
    assert answer.status_code == 201
    assert [request.headers[KEY_HEADER] for request in gateway.asked] == ["one"] * 3
    assert len({request.content for request in gateway.asked}) == 1


async def test_each_call_has_a_key_of_its_own() -> None:
    """Two wishes are two wishes."""
    gateway = Gateway(422)
    async with client(gateway) as ana:
        for _ in range(2):
            with pytest.raises(ProblemError):
                await ana.create_item("Lamp", price="1.00")
    assert len({request.headers[KEY_HEADER] for request in gateway.asked}) == 2


async def test_a_reason_goes_along_in_any_script() -> None:
    """Of operators; as UTF-8, and only once it is set."""
    gateway = Gateway(422)
    async with client(gateway) as ana:
        for reason in (None, "Ana asked — είναι αργά"):
            ana.reason = reason
            with pytest.raises(ProblemError):
                await ana.create_item("Lamp", price="1.00")
    without, along = (dict(request.headers.raw) for request in gateway.asked)
    assert b"Access-Reason" not in without
    assert along[b"Access-Reason"].decode() == "Ana asked — είναι αργά"


async def test_a_write_without_a_key_is_never_repeated() -> None:
    """Nobody could tell whether it had happened."""
    gateway = Gateway(httpx2.ReadError("lost"))
    async with client(gateway) as ana:
        with pytest.raises(Unreachable):
            await ana.send("POST", "/v1/transfers", json={})
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 500])
async def test_a_refusal_is_final(status: int) -> None:
    """It is told as a problem, at once."""
    gateway = Gateway(status)
    async with client(gateway) as ana:
        with pytest.raises(ProblemError) as refused:
            await ana.accounts()
    assert (refused.value.status, refused.value.detail) == (status, "so")
    assert len(gateway.asked) == 1


async def test_patience_ends_and_the_key_is_told() -> None:
    """The caller can ask again with the key that was used."""
    gateway = Gateway(httpx2.ConnectError("nobody"))
    async with client(gateway) as ana:
        with pytest.raises(Unreachable) as gone:
            await ana.send("POST", "/v1/trades", json={}, key="mine")
    assert gone.value.key == "mine"
    assert len(gateway.asked) == QUICK.tries_max


def test_the_server_may_ask_for_a_longer_pause_within_bounds() -> None:
    """Retry-After counts, up to the client's own limit; nonsense does not."""
    patience = Patience(first_pause_seconds=0.1, pause_max_seconds=5)
    assert patience.pause_seconds(1, "3") == 3
    assert patience.pause_seconds(1, "3600") == 5
    assert patience.pause_seconds(1, "soon") <= 0.1


async def test_an_answer_that_is_no_problem_document_is_told_anyway() -> None:
    """A proxy in between may answer in its own words."""
    async with client(lambda _: httpx2.Response(403, text="<html>no</html>")) as ana:
        with pytest.raises(ProblemError) as refused:
            await ana.me()
    assert refused.value.detail == "<html>no</html>"


def stream(*events: tuple[str, str]) -> httpx2.Response:
    """An event stream that ends after these."""
    lines = [f"id: {number}\nevent: {kind}\ndata: {json.dumps({})}\n\n" for number, kind in events]
    headers = {"content-type": "text/event-stream"}
    return httpx2.Response(200, headers=headers, text=": hello\n\n" + "".join(lines))


async def test_a_broken_stream_goes_on_where_it_was() -> None:
    """The last id is sent back, and an answer of "not now" only makes it wait."""
    answers = [
        stream(("1", "a.One"), ("2", "a.Two")),
        httpx2.Response(503, json={}),
        stream(("3", "a.Three")),
    ]
    asked: list[str | None] = []

    def play(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("last-event-id"))
        return answers.pop(0)

    heard = []
    async with client(play) as ana:
        async for event in ana.events():
            heard.append(event.type)
            if event.type == "a.Three":
                break
    assert heard == ["a.One", "a.Two", "a.Three"]
    assert asked == [None, "2", "2"]


async def test_a_stream_of_a_closed_session_ends_with_the_problem() -> None:
    """There is no use in trying again."""
    async with client(
        lambda _: httpx2.Response(401, json={"type": "urn:x:unauthenticated"})
    ) as ana:
        with pytest.raises(ProblemError) as refused:
            async for _ in ana.events():
                pass
    assert refused.value.slug == "unauthenticated"


async def test_a_receipt_is_asked_for_with_all_its_sizes() -> None:
    """Each kept checkpoint is a parameter of its own; the text comes back as it was sent."""
    gateway = Gateway(200)
    async with client(gateway) as ana:
        text = await ana.receipt(UUID(int=7), since=(9, 12))
    assert json.loads(text)["status"] == 200
    assert gateway.asked[0].url.raw_path.endswith(b"/proof?from=9&from=12")


async def test_a_dry_run_says_that_it_is_one() -> None:
    """Each method that only foresees asks for a dry run: without the word, money would move."""
    account = UUID(int=1)
    gateway = Gateway(422)
    async with client(gateway) as ana:
        for foresee in (
            ana.foresee_exchange(account, "1.00", "USD"),
            ana.foresee_bulk([{"from_account": account}]),
            ana.foresee("split", amount="1.00"),
        ):
            with pytest.raises(ProblemError):
                await foresee
    assert [request.url.query for request in gateway.asked] == [b"dry_run=true"] * 3
