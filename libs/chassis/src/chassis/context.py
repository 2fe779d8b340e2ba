"""What is known about the work in progress: which service, which request, which cause."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

#: Set once when the process starts.
service: ContextVar[str] = ContextVar("service", default="unknown")

#: Ties together everything that one client request set off, across services.
correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)

#: Id of the message being handled, when there is one.
causation_id: ContextVar[str | None] = ContextVar("causation_id", default=None)


#: Whose rows the request in progress may see, once its caller is known.
community: ContextVar[str | None] = ContextVar("community", default=None)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, for the audit log.

    Attributes:
        address: Of the client.
        agent: What the client says it is.
        power: Whether the route is for people with power alone, such as operators.
    """

    address: str | None = None
    agent: str | None = None
    user_id: UUID | None = None
    session_id: UUID | None = None
    power: bool = False


#: Of the request in progress.
origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - frozen

#: Whose things somebody with power was shown in the request in progress; nothing outside of one.
looked_at: ContextVar[set[UUID] | None] = ContextVar("looked_at", default=None)


def look(*owners: UUID | None) -> None:
    """Note that somebody with power is shown what is these people's; the gateway writes it down."""
    noted = looked_at.get()
    if noted is not None:
        noted.update(owner for owner in owners if owner is not None)


#: Whether the request in progress has written to the audit log.
audited: ContextVar[bool] = ContextVar("audited", default=False)
