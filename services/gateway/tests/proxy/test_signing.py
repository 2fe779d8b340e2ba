"""The key of internal tokens is changed while requests flow."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from joserfc.jwk import OKPKey

from chassis.ids import new_id
from chassis.problems import Unauthenticated
from chassis.tokens import (
    Caller,
    TokenVerifier,
    mint,
    new_signing_key,
    public_jwks,
    read_public_keys,
    read_signing_key,
)
from gateway.proxy import signing
from gateway.proxy.rotate import publish_key, retire_keys, rotate_key
from gateway.proxy.signing import KNOWN_SECONDS, Signer
from services.gateway.tests.conftest import Gateway, run_before_upstream
from tests.stack.database import ScratchDatabase

ANA = Caller(new_id(), frozenset({"MEMBER"}), "riverside")


def write(path: Path, text: str, mode: int) -> None:
    """Put a whole file in place."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(mode)
    new.replace(path)


@dataclass
class Place:
    """Two files of keys, and a clock that stands still until it is moved."""

    private: Path
    public: Path
    now: float = 1000.0

    def signer(self) -> Signer:
        """The gateway's view of the files."""
        return Signer(self.private, self.public, lambda: self.now)

    def after(self, seconds: float, signer: Signer) -> str:
        """The name of the key that signs so much later."""
        self.now += seconds
        return signer.key().thumbprint()

    def offer(self, key: OKPKey) -> None:
        """Put a key where the gateway takes it from."""
        write(self.private, json.dumps(key.as_dict(private=True)), 0o600)

    def publish(self, *keys: OKPKey) -> None:
        """Have services believe these."""
        write(self.public, json.dumps(public_jwks(keys)), 0o644)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder with a key that is published."""
    place = Place(tmp_path / "signing.json", tmp_path / "jwks.json")
    key = new_signing_key()
    place.offer(key)
    place.publish(key)
    return place


def test_a_new_key_signs_once_services_know_it(place: Place) -> None:
    """Not before it is published, and not before they have had some seconds to look."""
    signer, new = place.signer(), new_signing_key()
    old = signer.key()
    place.offer(new)
    assert place.after(60, signer) == old.thumbprint(), "it was never published"
    place.publish(new, old)
    assert place.after(2, signer) == old.thumbprint()
    assert place.after(KNOWN_SECONDS - 1, signer) == old.thumbprint()
    assert place.after(2, signer) == new.thumbprint()


def test_where_the_old_key_is_believed_no_more_nobody_waits(place: Place) -> None:
    """It was stolen: to sign with it would have every request refused."""
    signer, new = place.signer(), new_signing_key()
    place.offer(new)
    place.publish(new)
    assert place.after(2, signer) == new.thumbprint()


@pytest.mark.parametrize("which", ["private", "public"])
@pytest.mark.parametrize("broken", ["", '{"kty": "OKP", "crv": "Ed255', "{}", "null", None])
def test_a_broken_file_is_told_and_the_old_key_goes_on(
    place: Place, which: str, broken: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half written, empty or gone: once it is whole again, the change goes on."""
    signer, new = place.signer(), new_signing_key()
    old = signer.key()
    path: Path = getattr(place, which)
    if broken is None:
        path.unlink()
    else:
        path.write_text(broken)
    for _ in range(3):
        assert place.after(2, signer) == old.thumbprint()
    assert capsys.readouterr().out.count("signing.unreadable") == 1
    place.offer(new)
    place.publish(new, old)
    place.after(2, signer)
    assert place.after(KNOWN_SECONDS, signer) == new.thumbprint()


def test_the_files_are_looked_at_once_a_second(place: Place) -> None:
    """However many requests there are."""
    signer, new = place.signer(), new_signing_key()
    old = place.after(2, signer)
    place.publish(new)
    place.offer(new)
    assert place.after(0.9, signer) == old
    assert place.after(0.2, signer) == new.thumbprint()


def test_what_is_published_has_the_key_that_signs(place: Place) -> None:
    """Old and new during a change; our own even where nobody published it."""
    signer, new = place.signer(), new_signing_key()
    old = signer.key()
    place.publish(new, old)
    place.now += 2
    assert signer.published() == public_jwks([new, old])
    place.publish(new)
    place.now += 2
    assert signer.published() == public_jwks([new, old])
    assert str(old.as_dict(private=True)["d"]) not in json.dumps(signer.published())


def test_rotating_publishes_first_and_retiring_waits(place: Place) -> None:
    """Between the two writes services know both keys already; the old one goes with its tokens."""
    old = read_signing_key(place.private)
    order: list[str] = []

    def noting(path: Path, text: str, mode: int) -> None:
        order.append(f"{path.name} {mode:o}")
        write(path, text, mode)

    name = rotate_key(place.private, place.public, noting)
    assert order == ["jwks.json 644", "signing.json 600"]
    assert read_signing_key(place.private).thumbprint() == name
    verifier = TokenVerifier(place.public, "ledger")
    assert verifier.verify(mint(old, ANA, "ledger")) == ANA
    with pytest.raises(ValueError, match=r"may live for 1[12][0-9] s"):
        retire_keys(place.private, place.public, write)
    assert retire_keys(place.private, place.public, write, at_once=True) == 1
    with pytest.raises(Unauthenticated):
        TokenVerifier(place.public, "ledger").verify(mint(old, ANA, "ledger"))
    assert [one.thumbprint() for one in read_public_keys(place.public).keys] == [name]


def test_publishing_again_takes_nothing_away(place: Place) -> None:
    """A start in the middle of a change leaves the old key's tokens good."""
    old = read_signing_key(place.private)
    rotate_key(place.private, place.public, write)
    publish_key(place.private, place.public, write)
    assert old.thumbprint() in [one.thumbprint() for one in read_public_keys(place.public).keys]
    place.publish(old)
    publish_key(place.private, place.public, write)
    assert len(read_public_keys(place.public).keys) == 2
    place.public.unlink()
    publish_key(place.private, place.public, write)
    assert len(read_public_keys(place.public).keys) == 1


@pytest.fixture
async def changing(
    scratch_database: ScratchDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    """A gateway that changes its key quickly, before a ledger that checks each token."""
    monkeypatch.setattr(signing, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(signing, "KNOWN_SECONDS", 0.2)
    async with run_before_upstream(tmp_path, scratch_database, "ledger") as running:
        yield running


async def test_a_change_refuses_no_request(
    changing: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests flow, each with a token of its own; then the old key's are refused."""
    monkeypatch.setattr("gateway.proxy.vouch.KEEP_SECONDS", 0)
    settings = changing.resources.settings
    files = settings.signing_key_file, settings.internal_jwks_file
    verifier = TokenVerifier(settings.internal_jwks_file, "ledger")
    signed: dict[str, str] = {}

    async def check(request: web.Request) -> web.StreamResponse:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        try:
            verifier.verify(token)
        except Unauthenticated:
            return web.Response(status=401)
        head = token.partition(".")[0]
        signed.setdefault(head, token)
        return web.Response()

    changing.upstream.answer = check
    _, session = await changing.person()
    answers: set[int] = set()
    done = asyncio.Event()

    async def ask() -> None:
        while not done.is_set():
            response, _ = await changing.send("GET", "/v1/accounts", token=session)
            answers.add(response.status)

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    try:
        async with asyncio.timeout(20):
            while not signed:  # noqa: ASYNC110 - nobody tells when the first has come
                await asyncio.sleep(0.01)
            name = rotate_key(*files, write)
            while len(signed) < 2:  # noqa: ASYNC110 - nobody tells when the key has changed
                await asyncio.sleep(0.01)
            _, published = await changing.send("GET", "/.well-known/jwks.json")
            assert len(published["keys"]) == 2
    finally:
        done.set()
        await asyncio.gather(*asking)
    assert answers == {200}
    old, _new = signed.values()
    assert TokenVerifier(settings.internal_jwks_file, "ledger").verify(old).roles == {"MEMBER"}
    assert retire_keys(*files, write, at_once=True) == 1
    with pytest.raises(Unauthenticated):
        TokenVerifier(settings.internal_jwks_file, "ledger").verify(old)
    response, _ = await changing.send("GET", "/v1/accounts", token=session)
    assert response.status == 200
    await asyncio.sleep(0.1)
    _, published = await changing.send("GET", "/.well-known/jwks.json")
    assert [key["kid"] for key in published["keys"]] == [name]


async def test_what_is_kept_of_the_old_key_is_not_used_after_the_change(changing: Gateway) -> None:
    """Tokens are used for half a minute, but not those of a key that may be believed no more."""
    settings = changing.resources.settings
    _, session = await changing.person()
    await changing.send("GET", "/v1/accounts", token=session)
    rotate_key(settings.signing_key_file, settings.internal_jwks_file, write)
    retire_keys(settings.signing_key_file, settings.internal_jwks_file, write, at_once=True)
    await asyncio.sleep(0.1)
    _, seen = await changing.send("GET", "/v1/accounts", token=session)
    given = seen["headers"]["authorization"].removeprefix("Bearer ")
    fresh = TokenVerifier(settings.internal_jwks_file, "ledger")
    assert fresh.verify(given).roles == {"MEMBER"}
