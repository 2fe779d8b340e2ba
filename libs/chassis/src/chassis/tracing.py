"""Traces that run through HTTP, the outbox row, Kafka and the inbox."""

import random
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR: Final = TraceContextTextMapPropagator()
#: Follows the provider that is configured later; asking for a tracer at each span is costly.
_TRACER: Final = trace.get_tracer("localex")


_TRACEPARENT: Final = re.compile(
    r"00-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})"
)


class _State:
    """Whether spans go anywhere; a process decides it once."""

    exports = True


_state: Final = _State()


def configure_tracing(service: str, otlp_endpoint: str | None) -> TracerProvider:
    """Make ids for logs and messages always; export spans only where an endpoint is given.

    Without one nothing is recorded either: a span is then little more than its ids.
    """
    _state.exports = otlp_endpoint is not None
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}),
        sampler=ALWAYS_ON if otlp_endpoint else ALWAYS_OFF,
    )
    if otlp_endpoint:
        # Late: where nothing is exported, no process waits for it at its start.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=f"{otlp_endpoint}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the span in progress; None outside any span."""
    return traceparent_of(trace.get_current_span())


def traceparent_of(span: Span) -> str | None:
    """The W3C `traceparent` of a span; None where it is none."""
    here = span.get_span_context()
    if not here.is_valid:
        return None
    return f"00-{here.trace_id:032x}-{here.span_id:016x}-{here.trace_flags:02x}"


class _Unrecorded:
    """A span in progress that nobody records: no more than its ids in the context."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token = attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(self, *_: object) -> None:
        detach(self._token)


def exports_spans() -> bool:
    """Whether spans go anywhere: where they don't, their ids are all that matters."""
    return _state.exports


def child_traceparent(traceparent: str | None) -> str:
    """The `traceparent` for what is asked of others: of `traceparent`, or of the span in progress.

    Opens no span, which costs more than all else where a request is only passed on.
    """
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found:
        return f"00-{found['trace']}-{random.getrandbits(64):016x}-{found['flags']}"
    return current_traceparent() or (
        f"00-{random.getrandbits(128) or 1:032x}-{random.getrandbits(64) or 1:016x}-00"
    )


def span(
    name: str,
    *,
    traceparent: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    links: Iterable[str | None] = (),
) -> AbstractContextManager[Span]:
    """Run a span, as the child of `traceparent` where one is given, and linked with others."""
    if not _state.exports:
        return _Unrecorded(_ids_only(traceparent))
    return _recorded(name, traceparent, kind, links)


@contextmanager
def _recorded(
    name: str, traceparent: str | None, kind: SpanKind, links: Iterable[str | None]
) -> Iterator[Span]:
    parent = _context_of(traceparent)
    linked = [
        Link(trace.get_current_span(other).get_span_context())
        for other in map(_context_of, links)
        if other is not None
    ]
    with _TRACER.start_as_current_span(name, parent, kind, links=linked) as current:
        yield current


def begin_span(name: str, *, traceparent: str | None, kind: SpanKind) -> Span:
    """Begin a span that is not the one in progress; whoever began it ends it."""
    return _TRACER.start_span(name, _context_of(traceparent), kind)


def _context_of(traceparent: str | None) -> Context | None:
    return _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else None


def _ids_only(traceparent: str | None) -> Span:
    """A span that nobody records: its ids tie logs and messages together."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    parent = trace.get_current_span().get_span_context()
    if found:
        trace_id, flags = int(found["trace"], 16), int(found["flags"], 16)
    elif parent.is_valid:
        trace_id, flags = parent.trace_id, parent.trace_flags
    else:
        trace_id, flags = random.getrandbits(128), 0
    span_id = random.getrandbits(64)
    here = SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(flags))
    return NonRecordingSpan(here)
