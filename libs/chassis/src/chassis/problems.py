"""Problems: what can go wrong in a way that the caller can act on (RFC 9457).

Three classes decide both edges. `Problem` is expected; `Transient` is ours to retry; anything
else is a defect.
"""

import re
from typing import Any, ClassVar


class Problem(Exception):
    """An expected failure. Subclass it with a status and a title; facts become fields."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Problem"

    def __init__(self, detail: str, **facts: Any) -> None:
        """Say what happened, the figure and what to do; `facts` are machine-readable."""
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    @classmethod
    def slug(cls) -> str:
        """Stable name: `InsufficientFunds` is `insufficient-funds`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def document(self) -> dict[str, Any]:
        """The problem as `application/problem+json` members."""
        return {
            "type": f"urn:localex:problem:{self.slug()}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.facts,
        }

    def headers(self) -> dict[str, str]:
        """HTTP headers that go with the problem."""
        return {}


class Malformed(Problem):
    """The request breaks a rule of its form; `errors` name field, rule and what to do."""

    status = 422
    title = "The request is malformed"


class Unauthenticated(Problem):
    """Nobody is logged in, or the credentials are wrong."""

    status = 401
    title = "Log in first"

    def headers(self) -> dict[str, str]:
        """RFC 9110 wants a challenge with every 401."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    """The caller is known, and may not do this."""

    status = 403
    title = "You may not do this"


class Missing(Problem):
    """There is no such thing, or the caller may not know of it."""

    status = 404
    title = "There is no such thing"


class Refused(Problem):
    """The state of things, or a rule, does not allow it."""

    status = 409
    title = "Refused"


class TooLarge(Problem):
    """The body is larger than the limit."""

    status = 413
    title = "The body is too large"


class TooMany(Problem):
    """Too many requests; wait."""

    status = 429
    title = "Too many requests"

    def headers(self) -> dict[str, str]:
        """Seconds to wait, where known."""
        return {"Retry-After": str(self.facts.get("retry_after_seconds", 1))}


class DeadlinePassed(Problem):
    """Nobody waits for it any more."""

    status = 504
    title = "The time for it is over"


class Transient(Exception):
    """Ours to retry: a dependency is away or busy. At the HTTP edge: 503 with Retry-After."""

    def __init__(self, detail: str, *, retry_after_seconds: int = 1) -> None:
        """Say which dependency, and when trying again makes sense."""
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
