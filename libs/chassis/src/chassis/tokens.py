"""Internal tokens: who is calling, signed by the gateway for one service and one minute."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from chassis.logs import get_logger
from chassis.problems import Unauthenticated

log = get_logger(__name__)

ISSUER: Final = "localex-gateway"
TOKEN_TYPE: Final = "localex-internal+jwt"  # noqa: S105 - a media type
TTL_SECONDS: Final = 60
LEEWAY_SECONDS: Final = 5
#: How many verified tokens are remembered, and how soon a change of the keys is noticed.
REMEMBERED_MAX: Final = 10_000
KEYS_CHECK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or program, as the gateway knows them."""

    user_id: UUID
    roles: frozenset[str]
    community: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    #: The session at the gateway, where there is one.
    session_id: UUID | None = None
    #: When they last showed who they are, besides by the session itself.
    proven_at: datetime | None = None

    def has(self, *roles: str) -> bool:
        """Whether the caller has any of the roles."""
        return not self.roles.isdisjoint(roles)


def new_signing_key() -> OKPKey:
    """A new Ed25519 key; its id is its thumbprint."""
    key = OKPKey.generate_key("Ed25519", private=True)
    key.ensure_kid()
    return key


def read_signing_key(path: Path) -> OKPKey:
    """The gateway's private key from a JWK file.

    Raises:
        OSError: The file can't be read.
        ValueError: It holds no private key of this kind.
    """
    try:
        key = OKPKey.import_key(orjson.loads(path.read_bytes()))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        key = None
    if key is None or not key.is_private or key.curve_name != "Ed25519":
        # What is in the file is not told.
        raise ValueError(f"{path} holds no private Ed25519 key as a JWK")
    return key


def read_public_keys(path: Path) -> KeySet:
    """The published keys from a JWK set.

    Raises:
        OSError: The file can't be read.
        ValueError: It holds no set of keys, or none.
    """
    try:
        keys = KeySet.import_key_set(orjson.loads(path.read_bytes()))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        keys = KeySet([])
    if not keys.keys:
        raise ValueError(f"{path} holds no keys as a JWK set")
    return keys


def stamp_of(path: Path) -> tuple[int, int, int] | None:
    """What changes with the file; nothing where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def public_jwks(keys: Iterable[OKPKey]) -> dict[str, Any]:
    """The public halves, as a JWK set to publish."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def mint(key: OKPKey, caller: Caller, audience: str, *, ttl_seconds: int = TTL_SECONDS) -> str:
    """Sign a token that says who is calling, for one service.

    Args:
        key: The gateway's private key.
        caller: Whom to vouch for.
        audience: The service's name.
        ttl_seconds: Life in seconds, at least 1.
    """
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": str(caller.user_id),
        "roles": sorted(caller.roles),
        "scopes": sorted(caller.scopes),
        "community": caller.community,
        "iat": now,
        "exp": now + ttl_seconds,
        "jti": uuid4().hex,
    }
    if caller.session_id is not None:
        claims["sid"] = str(caller.session_id)
    if caller.proven_at is not None:
        claims["auth_time"] = int(caller.proven_at.timestamp())
    return jwt.encode(
        {"alg": "Ed25519", "kid": key.kid, "typ": TOKEN_TYPE}, claims, key, algorithms=["Ed25519"]
    )


class TokenVerifier:
    """Checks internal tokens against the gateway's published keys."""

    def __init__(self, jwks_file: Path, audience: str) -> None:
        """Trust the keys in `jwks_file`; accept only tokens for `audience`."""
        self._jwks_file = jwks_file
        self._audience = audience
        self._keys: KeySet | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._look_again_at = 0.0
        #: Tokens that were verified with these keys, and when each ends: by the time of day, and by
        #: a clock that nobody sets, so that a time of day that stands still keeps none alive.
        self._remembered: dict[str, tuple[Caller, float, float]] = {}
        self._registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": audience},
            iat={"essential": True},
            exp={"essential": True},
            sub={"essential": True},
        )

    def _key_set(self) -> KeySet:
        """The keys; the file is read again after a change: keys rotate without a restart.

        While it is broken or missing, those that were there before count.
        """
        stamp = stamp_of(self._jwks_file)
        if self._keys is None or stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = read_public_keys(self._jwks_file)
                self._remembered.clear()
            except (OSError, ValueError) as error:
                if self._keys is None:
                    raise
                log.error("tokens.keys_unreadable", error=str(error))  # noqa: TRY400 - no defect
        self._look_again_at = time.monotonic() + KEYS_CHECK_SECONDS
        return self._keys

    def verify(self, token: str) -> Caller:
        """Who is calling.

        A token that was verified once is remembered until it ends: its signature costs more than
        all else at the edge. A key that is withdrawn is still good for a second. A clock that is
        behind the gateway's takes nothing (it was issued in the future), one that is ahead neither.

        Raises:
            Unauthenticated: The token is missing, forged, expired or meant for another service.
        """
        if time.monotonic() >= self._look_again_at:
            self._key_set()
        known = self._remembered.get(token)
        if known is not None:
            caller, ends_at, ends_monotonic = known
            if time.monotonic() >= ends_monotonic:
                # Kept, or it would be verified anew by the time of day that is wrong.
                raise Unauthenticated("the internal token has expired")
            if time.time() < ends_at:
                return caller
        keys = self._key_set()
        caller, ends_at = self._verify(token, keys)
        if len(self._remembered) >= REMEMBERED_MAX:
            # The oldest: tokens live for a minute.
            del self._remembered[next(iter(self._remembered))]
        left = ends_at - time.time()
        self._remembered[token] = (caller, ends_at, time.monotonic() + left)
        return caller

    def _verify(self, token: str, keys: KeySet) -> tuple[Caller, float]:
        try:
            decoded = jwt.decode(token, keys, algorithms=["Ed25519"])
            if decoded.header.get("typ") != TOKEN_TYPE:
                raise Unauthenticated("the token is of another type")
            self._registry.validate(decoded.claims)
            claims = decoded.claims
            caller = Caller(
                user_id=UUID(claims["sub"]),
                roles=frozenset(claims["roles"]),
                community=claims["community"],
                scopes=frozenset(claims.get("scopes", ())),
                session_id=UUID(claims["sid"]) if "sid" in claims else None,
                proven_at=_time(claims.get("auth_time")),
            )
            return caller, float(claims["exp"]) + LEEWAY_SECONDS
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unauthenticated("the internal token is not valid") from error


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
