"""Problems of rate limits."""

import math

from chassis.problems import TooMany
from gateway.rate_limits.lifecycle import Limit


class TooManyRequests(TooMany):
    """A limit is used up; `limit` names it."""

    title = "Too many requests"

    def __init__(self, limit: Limit, wait_seconds: float) -> None:
        """Say which limit, and when to try again."""
        self.limit = limit
        wait = max(1, math.ceil(wait_seconds))
        super().__init__(
            f"the limit {limit.name!r} is {limit.burst} at once and {limit.per_second:g} a second; "
            f"wait {wait} s, then try again with the same Idempotency-Key",
            limit=limit.name,
            burst=limit.burst,
            per_second=limit.per_second,
            retry_after_seconds=wait,
        )

    def headers(self) -> dict[str, str]:
        """When to try again, and the limit in figures."""
        return {
            **super().headers(),
            "RateLimit-Policy": self.limit.policy.decode(),
            "RateLimit": self.limit.told(0).decode(),
        }
