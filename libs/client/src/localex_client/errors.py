"""What can go wrong for a caller."""

from typing import Any


class ProblemError(Exception):
    """The system refused, and says why (RFC 9457).

    Attributes:
        type: Stable name, such as `urn:localex:problem:insufficient-funds`.
        title: The kind of problem, for people.
        status: HTTP status.
        detail: This case, for people.
        facts: All further members, such as `errors` or `differs`.
    """

    def __init__(self, document: dict[str, Any], status: int) -> None:
        """Read a problem document."""
        known = ("type", "title", "status", "detail")
        self.type = str(document.get("type", "about:blank"))
        self.title = str(document.get("title", ""))
        self.status = status
        self.detail = str(document.get("detail", ""))
        self.facts = {name: value for name, value in document.items() if name not in known}
        super().__init__(f"{status} {self.slug}: {self.detail or self.title}")

    @property
    def slug(self) -> str:
        """The last part of the type: `insufficient-funds`."""
        return self.type.rpartition(":")[2]

    @property
    def field_errors(self) -> list[dict[str, str]]:
        """What is wrong with which field, where the problem tells."""
        found = self.facts.get("errors")
        return found if isinstance(found, list) else []


class Unreachable(Exception):
    """No answer after all tries. A write may or may not have happened; its key tells.

    Attributes:
        key: The idempotency key: repeat the call with it to learn the outcome.
    """

    def __init__(self, what: str, key: str | None) -> None:
        """Say what was asked."""
        super().__init__(f"no answer to {what}")
        self.key = key
