"""Internal tokens, replayed and forged, at the services themselves and at the gateway."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.tokens import ISSUER, TOKEN_TYPE, Caller, mint, new_signing_key, read_signing_key
from tests.attacks.edge import ask, upstream_of
from tests.journeys.people import Actor
from tests.stack.plugin import System

#: A route of each service that every member may call.
DOORS: Final = {
    "ledger": "/v1/accounts",
    "marketplace": "/v1/watches",
    "search": "/v1/search?q=chair",
}


def true_key(system: System) -> OKPKey:
    """The gateway's own: to make what a thief could have caught."""
    return read_signing_key(Path(system.settings["GATEWAY_SIGNING_KEY_FILE"]))


def caller(user: UUID, *roles: str) -> Caller:
    """Who a token is to speak for."""
    return Caller(user, frozenset(roles or ("MEMBER",)), "riverside")


def part(content: Any) -> str:
    """One part of a token."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def claims_for(audience: str) -> dict[str, Any]:
    """Claims that would be believed, of somebody with all power."""
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": audience,
        "sub": str(uuid4()),
        "roles": ["ADMIN", "MEMBER", "OPERATOR"],
        "scopes": [],
        "community": "riverside",
        "iat": now,
        "exp": now + 60,
        "jti": uuid4().hex,
    }


def signed_with(secret: bytes, audience: str, kid: str) -> str:
    """A token whose signature is an HMAC."""
    text = part({"alg": "HS256", "kid": kid, "typ": TOKEN_TYPE}) + "." + part(claims_for(audience))
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _none(key: OKPKey, audience: str) -> str:
    head = part({"alg": "none", "kid": key.kid, "typ": TOKEN_TYPE})
    return f"{head}.{part(claims_for(audience))}."


def _hmac_with_the_public_key(key: OKPKey, audience: str) -> str:
    public = base64.urlsafe_b64decode(str(key.as_dict(private=False)["x"]) + "=")
    return signed_with(public, audience, str(key.kid))


def _hmac_with_the_published_file(key: OKPKey, audience: str) -> str:
    return signed_with(json.dumps(key.as_dict(private=False)).encode(), audience, str(key.kid))


def _hmac_with_the_pem(key: OKPKey, audience: str) -> str:
    return signed_with(key.as_pem(private=False), audience, str(key.kid))


def _forged(header: dict[str, Any], audience: str, signer: OKPKey) -> str:
    whole = {"alg": "Ed25519", "typ": TOKEN_TYPE, **header}
    return jwt.encode(whole, claims_for(audience), signer, algorithms=["Ed25519"])


def _other_key_under_our_kid(key: OKPKey, audience: str) -> str:
    return _forged({"kid": key.kid}, audience, new_signing_key())


def _other_kid(_key: OKPKey, audience: str) -> str:
    own = new_signing_key()
    return _forged({"kid": own.kid}, audience, own)


def _kid_is_a_path(_key: OKPKey, audience: str) -> str:
    return _forged({"kid": "../../../dev/null"}, audience, new_signing_key())


def _no_kid(_key: OKPKey, audience: str) -> str:
    return _forged({}, audience, new_signing_key())


def _key_in_the_header(_key: OKPKey, audience: str) -> str:
    own = new_signing_key()
    return _forged({"kid": own.kid, "jwk": own.as_dict(private=False)}, audience, own)


def _key_somewhere_else(_key: OKPKey, audience: str) -> str:
    own = new_signing_key()
    return _forged({"kid": own.kid, "jku": "https://evil.example/jwks.json"}, audience, own)


def _other_type(key: OKPKey, audience: str) -> str:
    return _forged({"kid": key.kid, "typ": "JWT"}, audience, key)


def _claims_exchanged(key: OKPKey, audience: str) -> str:
    head, _, signature = mint(key, caller(uuid4()), audience).split(".")
    return f"{head}.{part(claims_for(audience))}.{signature}"


FORGERIES: Final[tuple[Callable[[OKPKey, str], str], ...]] = (
    _none,
    _hmac_with_the_public_key,
    _hmac_with_the_published_file,
    _hmac_with_the_pem,
    _other_key_under_our_kid,
    _other_kid,
    _kid_is_a_path,
    _no_kid,
    _key_in_the_header,
    _key_somewhere_else,
    _other_type,
    _claims_exchanged,
)


@pytest.mark.parametrize("service", DOORS)
async def test_a_true_token_opens_its_service(system: System, eve: Actor, service: str) -> None:
    """So that the attacks below knock at real doors."""
    token = mint(true_key(system), caller(eve.user.id), service)
    answer = await ask(upstream_of(system, service), "GET", DOORS[service], token)
    assert answer.status_code == 200


@pytest.mark.parametrize("service", DOORS)
@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
async def test_algorithm_confusion_opens_nothing(
    system: System, service: str, forge: Callable[[OKPKey, str], str]
) -> None:
    """No algorithm, key or type of the attacker's choice: each service believes one way only."""
    token = forge(true_key(system), service)
    answer = await ask(upstream_of(system, service), "GET", DOORS[service], token)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:localex:problem:unauthenticated"


@pytest.mark.parametrize("service", DOORS)
async def test_token_replay_at_another_service_opens_nothing(
    system: System, eve: Actor, service: str
) -> None:
    """A service that was broken into cannot go to the others with what it was shown."""
    for audience in {*DOORS, "gateway", "*", ""} - {service}:
        token = mint(true_key(system), caller(eve.user.id), audience)
        answer = await ask(upstream_of(system, service), "GET", DOORS[service], token)
        assert answer.status_code == 401, audience


@pytest.mark.parametrize("service", DOORS)
async def test_token_replay_of_an_expired_token_opens_nothing(
    system: System, eve: Actor, service: str
) -> None:
    """What was caught yesterday is worth nothing, however well it is signed."""
    token = mint(true_key(system), caller(eve.user.id), service, ttl_seconds=-30)
    answer = await ask(upstream_of(system, service), "GET", DOORS[service], token)
    assert answer.status_code == 401


async def test_token_replay_of_an_internal_token_at_the_gateway_opens_nothing(
    system: System, eve: Actor
) -> None:
    """Outside only sessions and keys count; and a session counts nowhere inside."""
    for audience in (*DOORS, "gateway"):
        inside = mint(true_key(system), caller(eve.user.id, "ADMIN", "OPERATOR"), audience)
        for path in ("/v1/me", "/v1/accounts"):
            assert (await ask(system.gateway, "GET", path, inside)).status_code == 401
    for service, path in DOORS.items():
        outside = eve.client.token
        assert (await ask(upstream_of(system, service), "GET", path, outside)).status_code == 401
