"""Events of the gateway: people. No e-mail, phone or other personal secret is in them."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from contracts import topics
from contracts.messages import Event

CheckKind = Literal["KYC", "AML", "SANCTIONS"]
Unsettled = Literal["trades-are-open", "money-is-left"]
CheckStatus = Literal["PENDING", "CLEAR", "REVIEW", "REFUSED", "EXPIRED"]
SecurityChange = Literal[
    "password_changed",
    "email_changed",
    "phone_changed",
    "app_added",
    "app_removed",
    "passkey_added",
    "passkey_removed",
    "recovery_codes_made",
    "api_key_made",
    "new_device",
    "data_exported",
]
Role = Literal["MEMBER", "VENDOR", "RETAILER", "OPERATOR", "ADMIN"]


class _PersonEvent(Event):
    user_id: UUID

    def key(self) -> str:
        """One person's events stay in order."""
        return str(self.user_id)


class _UserEvent(_PersonEvent):
    TOPIC: ClassVar[str] = topics.GATEWAY_USERS.name

    display_name: str
    community: str
    roles: tuple[Role, ...]
    version: int

    def aggregate_version(self) -> int:
        """Version of the user."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """The person."""
        return (self.user_id,)


class _CommunityEvent(Event):
    TOPIC: ClassVar[str] = topics.GATEWAY_COMMUNITIES.name

    community: str
    changed_at: datetime
    version: int

    def key(self) -> str:
        """One community's events stay in order."""
        return self.community

    def aggregate_version(self) -> int:
        """Version of the community."""
        return self.version


class CommunityOpened(_CommunityEvent):
    """There is a community that people can join."""

    name: str
    #: What it reckons in, if it says so.
    asset: str | None


class CommunityClosed(_CommunityEvent):
    """Nobody can join it any more; its members stay and go on."""


class CommunityReopened(_CommunityEvent):
    """People can join it again."""


class UserRegistered(_UserEvent):
    """A person joined a community."""


class UserChanged(_UserEvent):
    """What others know of a person is different now: name, community or roles."""


class _LeaverEvent(_PersonEvent):
    TOPIC: ClassVar[str] = topics.GATEWAY_USERS.name

    version: int

    def aggregate_version(self) -> int:
        """Version of the user."""
        return self.version


class UserLeft(_LeaverEvent):
    """A person has closed their access; what they owed and were owed stays in the books.

    Whoever thinks again within the grace period is told of by a `UserChanged`.
    """

    #: When all that is kept of them is erased; not known of who left before there was a grace.
    erase_at: datetime | None = None


class UserErasurePostponed(_LeaverEvent):
    """A person who left is not erased yet: something began meanwhile that has to end first."""

    erase_at: datetime
    because: Unsettled


class UserErased(_LeaverEvent):
    """The grace period of a person who left is over: whoever keeps words of theirs forgets them.

    What has to stay, such as entries of the books, stays under an id that leads to nobody.
    """

    erased_at: datetime


class VaultErased(_PersonEvent):
    """A person's personal data was erased for good: whoever keeps some of it forgets it, too."""

    TOPIC: ClassVar[str] = topics.GATEWAY_VAULT.name

    erased_at: datetime

    def audience(self) -> tuple[UUID, ...]:
        """The person."""
        return (self.user_id,)


class SecurityChanged(_PersonEvent):
    """How a person shows who they are is different now, or they logged in from a new device.

    Neither address nor device is in it: the person finds them in their lists.
    """

    TOPIC: ClassVar[str] = topics.GATEWAY_SECURITY.name

    change: SecurityChange
    changed_at: datetime

    def audience(self) -> tuple[UUID, ...]:
        """The person."""
        return (self.user_id,)


class ExportEnded(_PersonEvent):
    """What is kept of a person was gathered in a file, or could not be. No address is in it."""

    TOPIC: ClassVar[str] = topics.GATEWAY_EXPORTS.name

    export_id: UUID
    ready: bool
    ended_at: datetime

    def audience(self) -> tuple[UUID, ...]:
        """The person."""
        return (self.user_id,)


class ComplianceChanged(_PersonEvent):
    """A check of a person came to something. Told to no person live, least of all to this one."""

    TOPIC: ClassVar[str] = topics.GATEWAY_COMPLIANCE.name

    version: int
    kind: CheckKind
    status: CheckStatus
    #: Whether the person may move no money, by all checks together.
    restricted: bool
    changed_at: datetime

    def aggregate_version(self) -> int:
        """Version of the person's standing."""
        return self.version
