"""Events of the gateway: people. No e-mail, phone or other personal secret is in them."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts import topics
from contracts.messages import Event

Role = Literal["MEMBER", "VENDOR", "RETAILER", "OPERATOR", "ADMIN"]


class UserRegistered(Event):
    """A person joined a community."""

    TOPIC: ClassVar[str] = topics.GATEWAY_USERS.name

    user_id: UUID
    display_name: str
    community: str
    roles: tuple[Role, ...]
    version: int

    def key(self) -> str:
        """One person's changes stay in order."""
        return str(self.user_id)

    def aggregate_version(self) -> int:
        """Version of the user."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """The person."""
        return (self.user_id,)


class UserChanged(Event):
    """What others know of a person is different now: name, community or roles."""

    TOPIC: ClassVar[str] = topics.GATEWAY_USERS.name

    user_id: UUID
    display_name: str
    community: str
    roles: tuple[Role, ...]
    version: int

    def key(self) -> str:
        """One person's changes stay in order."""
        return str(self.user_id)

    def aggregate_version(self) -> int:
        """Version of the user."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """The person."""
        return (self.user_id,)


class UserLeft(Event):
    """A person has closed their access; what they owed and were owed stays in the books."""

    TOPIC: ClassVar[str] = topics.GATEWAY_USERS.name

    user_id: UUID
    version: int

    def key(self) -> str:
        """One person's changes stay in order."""
        return str(self.user_id)

    def aggregate_version(self) -> int:
        """Version of the user."""
        return self.version
