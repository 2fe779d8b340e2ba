"""What every message has: a topic, a type, a version, a key and the people it concerns."""

from abc import abstractmethod
from typing import ClassVar, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

#: Every message type by its name, such as "ledger.EscrowFunded".
MESSAGES: Final[dict[str, "type[Message]"]] = {}


class Message(BaseModel):
    """A frozen word on the wire; subclasses are events (past) or commands (imperative)."""

    # Built when first used: a process reads few of all the words, and starts sooner.
    model_config = ConfigDict(frozen=True, defer_build=True)

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int] = 1

    @classmethod
    def __pydantic_init_subclass__(cls, **options: object) -> None:
        """Enter each message type into the table of types."""
        super().__pydantic_init_subclass__(**options)
        if hasattr(cls, "TOPIC") and not cls.__name__.startswith("_"):
            MESSAGES[cls.type_name()] = cls

    @classmethod
    def type_name(cls) -> str:
        """CloudEvents `type`: the service that owns the topic and the word."""
        return f"{cls.TOPIC.partition('.')[0]}.{cls.__name__}"

    @abstractmethod
    def key(self) -> str:
        """Id of the aggregate: messages with one key keep their order."""

    def aggregate_version(self) -> int | None:
        """Version of the aggregate after this change, where it has one."""
        return None

    @classmethod
    def is_versioned(cls) -> bool:
        """Whether its aggregate counts its changes."""
        return cls.aggregate_version is not Message.aggregate_version

    def audience(self) -> tuple[UUID, ...]:
        """Users who may see this event live; nobody unless said."""
        return ()


class Event(Message):
    """Something that became true. Readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Command(Message):
    """A wish addressed to one service, which may refuse. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
