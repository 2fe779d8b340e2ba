"""Only the gateway's key, for this service and this minute, opens the door."""

import base64
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey

from chassis.problems import Unauthenticated
from chassis.tokens import (
    LEEWAY_SECONDS,
    TTL_SECONDS,
    Caller,
    TokenVerifier,
    mint,
    new_signing_key,
    public_jwks,
    read_signing_key,
)
from tests.stack.said import lines_of

ANA = Caller(
    UUID("01936d00-0000-7000-8000-00000000000a"), frozenset({"MEMBER"}), "riverside", frozenset()
)
KEY = new_signing_key()


@pytest.fixture
def verifier(tmp_path: Path) -> TokenVerifier:
    """The ledger's verifier."""
    jwks = tmp_path / "jwks.json"
    jwks.write_bytes(orjson.dumps(public_jwks([KEY])))
    return TokenVerifier(jwks, "ledger")


def test_a_minted_token_tells_the_caller(verifier: TokenVerifier) -> None:
    """Who, with which roles, of which community."""
    assert verifier.verify(mint(KEY, ANA, "ledger")) == ANA


def test_a_token_for_another_service_is_refused(verifier: TokenVerifier) -> None:
    """A service can't use its callers' tokens elsewhere."""
    with pytest.raises(Unauthenticated):
        verifier.verify(mint(KEY, ANA, "marketplace"))


def test_an_expired_token_is_refused(verifier: TokenVerifier) -> None:
    """A minute, and a little leeway."""
    with time_machine.travel("2026-01-01T12:00:00Z", tick=False):
        token = mint(KEY, ANA, "ledger")
    with time_machine.travel("2026-01-01T12:00:59Z", tick=False):
        assert verifier.verify(token) == ANA
    with time_machine.travel("2026-01-01T12:01:06Z", tick=False), pytest.raises(Unauthenticated):
        verifier.verify(token)


@pytest.mark.parametrize(("hours", "shown_before"), [(-1, False), (1, False), (1, True)])
def test_a_service_whose_clock_is_an_hour_off_takes_nothing(
    verifier: TokenVerifier, hours: int, *, shown_before: bool
) -> None:
    """Behind, a token comes from the future; ahead, it is over, also one that was shown before."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        token = mint(KEY, ANA, "ledger")
        if shown_before:
            assert verifier.verify(token) == ANA
    with time_machine.travel(noon + timedelta(hours=hours), tick=False):
        with pytest.raises(Unauthenticated):
            verifier.verify(token)
        # Its own time is not what counts: what the gateway signs there is as good as ever.
        assert verifier.verify(mint(KEY, ANA, "ledger")) == ANA


@pytest.mark.parametrize("jump", [-3600, -66, 0])
def test_a_clock_that_stands_still_or_is_set_back_keeps_no_token_alive(
    verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    """Once shown, a token is good for a minute and a little leeway by a clock nobody sets."""
    passed = 0.0
    started = time.monotonic()
    monkeypatch.setattr("chassis.tokens.time.monotonic", lambda: started + passed)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        token = mint(KEY, ANA, "ledger")
        assert verifier.verify(token) == ANA
    with time_machine.travel(noon + timedelta(seconds=jump), tick=False):
        passed = TTL_SECONDS + LEEWAY_SECONDS - 1
        assert verifier.verify(token) == ANA
        for passed in (TTL_SECONDS + LEEWAY_SECONDS, 3600):  # noqa: B007 - the clock reads it
            with pytest.raises(Unauthenticated):
                verifier.verify(token)


def test_a_token_that_does_not_say_when_it_was_issued_is_refused(verifier: TokenVerifier) -> None:
    """Without that, a clock that is behind would take it an hour too long."""
    claims = orjson.loads(_part(mint(KEY, ANA, "ledger"), 1))
    header = orjson.loads(_part(mint(KEY, ANA, "ledger"), 0))
    for name in ("iat", "exp"):
        without = {key: value for key, value in claims.items() if key != name}
        with pytest.raises(Unauthenticated):
            verifier.verify(jwt.encode(header, without, KEY, algorithms=["Ed25519"]))
    assert verifier.verify(jwt.encode(header, claims, KEY, algorithms=["Ed25519"])) == ANA


def _part(token: str, number: int) -> bytes:
    part = token.split(".")[number]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_another_key_is_refused(verifier: TokenVerifier) -> None:
    """Signed well, by the wrong hand."""
    with pytest.raises(Unauthenticated):
        verifier.verify(mint(new_signing_key(), ANA, "ledger"))


def test_the_algorithm_is_not_the_token_s_choice(verifier: TokenVerifier) -> None:
    """HMAC with the public key as secret, and no algorithm at all, are refused."""
    claims = {
        "iss": "localex-gateway",
        "aud": "ledger",
        "sub": str(ANA.user_id),
        "roles": [],
        "exp": 2**40,
    }
    public = orjson.dumps(KEY.as_dict(private=False))
    forged = jwt.encode({"alg": "HS256", "kid": KEY.kid}, claims, OctKey.import_key(public))
    head, body, _ = forged.split(".")
    for token in (forged, f"{head}.{body}.", "eyJhbGciOiJub25lIn0." + body + ".", "", "x", "a.b.c"):
        with pytest.raises(Unauthenticated):
            verifier.verify(token)


def test_a_published_new_key_is_trusted_without_a_restart(
    verifier: TokenVerifier, tmp_path: Path
) -> None:
    """Keys rotate: the file is read again when it changes."""
    verifier.verify(mint(KEY, ANA, "ledger"))
    new = new_signing_key()
    (tmp_path / "jwks.json").write_bytes(orjson.dumps(public_jwks([KEY, new])))
    assert verifier.verify(mint(new, ANA, "ledger")) == ANA


def test_a_key_that_is_dropped_is_believed_no_more(
    verifier: TokenVerifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a token that it signed before, however often that was shown."""
    monkeypatch.setattr("chassis.tokens.KEYS_CHECK_SECONDS", 0)
    token, new = mint(KEY, ANA, "ledger"), new_signing_key()
    published = tmp_path / "jwks.json"
    published.write_bytes(orjson.dumps(public_jwks([new, KEY])))
    assert verifier.verify(token) == ANA
    published.write_bytes(orjson.dumps(public_jwks([new])))
    with pytest.raises(Unauthenticated):
        verifier.verify(token)
    assert verifier.verify(mint(new, ANA, "ledger")) == ANA


@pytest.mark.parametrize(
    "broken", [b"", b'{"keys": [{"kty": "OKP", "crv": ', b"[]", b"{}", b'{"keys": []}', b"null"]
)
def test_a_broken_file_of_keys_changes_nothing(
    tmp_path: Path, broken: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was believed is, until the file is whole again; the log says so once."""
    said = lines_of(monkeypatch, "chassis.tokens")
    published, new = tmp_path / "jwks.json", new_signing_key()
    published.write_bytes(orjson.dumps(public_jwks([KEY])))
    verifier = TokenVerifier(published, "ledger")
    assert verifier.verify(mint(KEY, ANA, "ledger")) == ANA
    published.write_bytes(broken)
    for _ in range(3):
        assert verifier.verify(mint(KEY, ANA, "ledger")) == ANA
    assert [line["event"] for line in said] == ["tokens.keys_unreadable"]
    published.unlink()
    assert verifier.verify(mint(KEY, ANA, "ledger")) == ANA
    published.write_bytes(orjson.dumps(public_jwks([new])))
    assert verifier.verify(mint(new, ANA, "ledger")) == ANA
    with pytest.raises(Unauthenticated):
        verifier.verify(mint(KEY, ANA, "ledger"))


@pytest.mark.parametrize("broken", [b"", b"{}", b"[]", b'{"kty": "OKP"', b"null"])
def test_what_is_no_signing_key_is_refused_without_being_told(
    tmp_path: Path, broken: bytes
) -> None:
    """Half a file, a public key, a key of another kind: the path is named, nothing else."""
    path = tmp_path / "signing.json"
    other = OctKey.generate_key().as_dict(private=True)
    for content in (broken, orjson.dumps(KEY.as_dict(private=False)), orjson.dumps(other)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="holds no private Ed25519 key") as refused:
            read_signing_key(path)
        assert str(other["k"]) not in str(refused.value)
