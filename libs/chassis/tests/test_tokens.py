"""Only the gateway's key, for this service and this minute, opens the door."""

from pathlib import Path
from uuid import UUID

import orjson
import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey

from chassis.problems import Unauthenticated
from chassis.tokens import Caller, TokenVerifier, mint, new_signing_key, public_jwks

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
