"""What is known about the work in progress: which service, which request, which cause."""

from contextvars import ContextVar

#: Set once when the process starts.
service: ContextVar[str] = ContextVar("service", default="unknown")

#: Ties together everything that one client request set off, across services.
correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)

#: Id of the message being handled, when there is one.
causation_id: ContextVar[str | None] = ContextVar("causation_id", default=None)
