"""Spans of what is sent: a child of the span that wrote the row, and the parent of who hears it."""

from collections.abc import Sequence
from typing import Any

import orjson
from opentelemetry.trace import Span, SpanKind, StatusCode

from chassis.sending import Sender
from chassis.tracing import begin_span, traceparent_of


class TracedSender:
    """Sends through another sender, with a span for each row; only where spans are exported."""

    def __init__(self, sender: Sender) -> None:
        """Send through `sender`."""
        self._sender = sender

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Send rows of the outbox in order; for each, what went wrong, or nothing."""
        begun = [_begin(row) for row in rows]
        errors: list[BaseException | None] = []
        try:
            errors = await self._sender.send([row for row, _ in begun])
        except BaseException as error:
            errors = [error] * len(begun)
            raise
        finally:
            for (_, span), failed in zip(begun, errors, strict=True):
                if failed is not None:
                    span.set_status(StatusCode.ERROR, repr(failed))
                span.end()
        return errors

    async def renew(self) -> None:
        """Begin anew."""
        await self._sender.renew()


def _begin(row: Any) -> tuple[Any, Span]:
    """A row whose message says that it comes from the span of its being sent, and that span."""
    headers = orjson.loads(row["headers"])
    name = f"relay {headers.get('ce_type', row['topic'])}"
    span = begin_span(name, traceparent=headers.get("traceparent"), kind=SpanKind.PRODUCER)
    headers["traceparent"] = traceparent_of(span)
    return {**row, "headers": orjson.dumps(headers).decode()}, span
