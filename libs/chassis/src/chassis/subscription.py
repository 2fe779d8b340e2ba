"""What a slice hears."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.inbox import BatchHandler, Delivery, Handler
from contracts.messages import MESSAGES, Message


@dataclass(frozen=True)
class Subscription:
    """What one slice hears, as one Kafka consumer group named `<service>.<slice>`.

    Attributes:
        group: Kafka group and inbox consumer name.
        handlers: A coroutine for each message type; types without one are passed over.
        batch: Instead of `handlers`: one coroutine that takes all new deliveries of a batch, for
            `messages`. It must be able to take a single one, too.
        messages: The types that `batch` takes.
        prepare: With `handlers`: runs once before them, to lock what the batch will touch in the
            order of ids, so that two batches never wait for each other.
        after_commit: Told of the new deliveries once their effects are committed. It is a hint
            to who waits in this process: a crash in between leaves it out.
        batch_max: Most messages taken at once: one transaction, and what is read again after a
            crash.
        gives_way: Waits, for seconds at most, while something more urgent works in this process;
            asked before each batch is read.
        in_turn: Take an aggregate's versions one after the other, and park what comes early: for
            state machines that must not skip a step. All versioned types of the topics must be
            heard, or their versions would be gaps.
        rereads: The effects bear a message that the inbox has forgotten, because they look at
            versions of their own. Without it such a message is passed over.
        every_community: The effects may be in any community: a batch holds messages of several,
            and many name none. Without it no row of a community is seen.
    """

    group: str
    handlers: Mapping[type[Any], Handler[Any]] = field(default_factory=dict)
    batch: BatchHandler | None = None
    messages: tuple[type[Message], ...] = ()
    prepare: BatchHandler | None = None
    after_commit: Callable[[Sequence[Delivery[Message]]], None] | None = None
    batch_max: int = 1_000
    gives_way: Callable[[], Awaitable[None]] | None = None
    in_turn: bool = False
    rereads: bool = False
    every_community: bool = False

    def __post_init__(self) -> None:
        """Check that versions taken in turn have no gap by themselves."""
        heard, topics = self.types(), self.topics()
        missed = sorted(
            name
            for name, model in MESSAGES.items()
            if model.TOPIC in topics and model.is_versioned() and name not in heard
        )
        if self.in_turn and missed:
            raise ValueError(f"{self.group} takes versions in turn, but does not hear {missed}")

    def types(self) -> frozenset[str]:
        """Names of the message types that are heard."""
        return frozenset(model.type_name() for model in (*self.handlers, *self.messages))

    def topics(self) -> list[str]:
        """Topics of those types."""
        return sorted({model.TOPIC for model in (*self.handlers, *self.messages)})
