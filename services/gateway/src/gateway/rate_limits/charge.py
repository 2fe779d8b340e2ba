"""Charge a request to whoever sent it."""

from typing import Final

from starlette.types import Scope

from gateway.rate_limits.buckets import Buckets
from gateway.rate_limits.lifecycle import Limit, address_of, is_our_machine
from gateway.sessions.models import Session
from gateway.settings import GatewaySettings

_OPERATORS: Final = frozenset({"OPERATOR", "ADMIN"})

type Told = list[tuple[bytes, bytes]]


class Charges:
    """The limits of this gateway, and what they are used for."""

    def __init__(self, settings: GatewaySettings, buckets: Buckets) -> None:
        """Limits from the settings."""
        self._buckets = buckets
        self._address = Limit(
            "address", settings.rate_address_per_second, settings.rate_address_burst
        )
        self._user = Limit("user", settings.rate_user_per_second, settings.rate_user_burst)
        self._key = Limit("key", settings.rate_key_per_second, settings.rate_key_burst)
        self._operator = Limit(
            "operator", settings.rate_operator_per_second, settings.rate_operator_burst
        )
        self._ours_free = settings.env == "dev"

    async def charge_address(self, scope: Scope, cost: int) -> None:
        """Charge the address, before anything is asked of a database.

        Raises:
            TooManyRequests: It has used up its limit.
        """
        client = scope.get("client")
        host = client[0] if client else None
        if self._ours_free and is_our_machine(host):
            return
        key = f"address:{address_of(host)}"
        if self._buckets.take_held(key, cost) is None:
            await self._buckets.take(key, self._address, cost)

    async def charge_session(self, session: Session, cost: int) -> Told:
        """Charge a session (a program's key is one, too) and its person; operators only once.

        Returns:
            What the answer's headers tell of the person's limit.

        Raises:
            TooManyRequests: One of them has used up its limit.
        """
        buckets, user = self._buckets, session.user
        if _OPERATORS.isdisjoint(user.roles):
            limit = self._user
            key = f"key:{session.id}"
            if buckets.take_held(key, cost) is None:
                await buckets.take(key, self._key, cost)
        else:
            limit = self._operator
        key = f"{limit.name}:{user.id}"
        bucket = buckets.take_held(key, cost) or await buckets.take(key, limit, cost)
        return [
            (b"ratelimit-policy", limit.policy),
            (b"ratelimit", limit.told(bucket.held + bucket.left)),
        ]
