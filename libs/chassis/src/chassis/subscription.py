"""What a slice hears."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.inbox import BatchHandler, Delivery, Handler
from contracts.messages import Message


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
    """

    group: str
    handlers: Mapping[type[Any], Handler[Any]] = field(default_factory=dict)
    batch: BatchHandler | None = None
    messages: tuple[type[Message], ...] = ()
    prepare: BatchHandler | None = None
    after_commit: Callable[[Sequence[Delivery[Message]]], None] | None = None
    batch_max: int = 500

    def types(self) -> frozenset[str]:
        """Names of the message types that are heard."""
        return frozenset(model.type_name() for model in (*self.handlers, *self.messages))

    def topics(self) -> list[str]:
        """Topics of those types."""
        return sorted({model.TOPIC for model in (*self.handlers, *self.messages)})
