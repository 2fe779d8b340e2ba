"""Metrics of the chassis, in Prometheus' form at `/metrics`."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_LATENCY: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

HTTP_SECONDS: Final = Histogram(
    "localex_http_request_seconds",
    "Time to answer",
    ("method", "route", "status"),
    buckets=_LATENCY,
)
TURNED_AWAY: Final = Counter(
    "localex_http_turned_away", "Requests that were not let in", ("reason",)
)
NOT_READ: Final = Counter(
    "localex_http_not_read", "Connections ended because nobody read what was sent"
)
OUTBOX_PUBLISHED: Final = Counter("localex_outbox_published", "Events published")
OUTBOX_FAILED: Final = Counter("localex_outbox_failed", "Events given up after the retries")
OUTBOX_PENDING: Final = Gauge("localex_outbox_pending", "Events not yet published")
OUTBOX_OLDEST_SECONDS: Final = Gauge("localex_outbox_oldest_seconds", "Age of the oldest pending")
OUTBOX_PARTS_OWNED: Final = Gauge("localex_outbox_parts_owned", "Key partitions this relay owns")
OUTBOX_PART_OWNED: Final = Gauge(
    "localex_outbox_part_owned", "1 where this relay owns the key partition", ("part",)
)
OUTBOX_ERRORS: Final = Counter(
    "localex_outbox_errors", "Events that were not taken at a try, by the error", ("error",)
)
DEAD_LETTERS: Final = Gauge(
    "localex_dead_letters", "Messages given up that wait for a person", ("group", "state")
)
LOOP_LAG_SECONDS: Final = Gauge(
    "localex_loop_lag_seconds", "How late the event loop was at most, in the last minute"
)
INBOX_MESSAGES: Final = Counter(
    "localex_inbox_messages", "Messages by outcome", ("group", "outcome")
)
INBOX_SECONDS: Final = Histogram(
    "localex_inbox_batch_seconds", "Time to handle a batch", ("group",), buckets=_LATENCY
)
DELIVERY_SECONDS: Final = Histogram(
    "localex_delivery_seconds", "From the event to its being handled", ("group",), buckets=_LATENCY
)
CONSUMER_LAG: Final = Gauge("localex_consumer_lag", "Messages not yet handled", ("group",))
CUT_SHORT: Final = Counter("localex_cut_short", "Requests that nobody waited for any more")
POOL_WAIT_SECONDS: Final = Histogram(
    "localex_pool_wait_seconds", "Wait for a connection", buckets=_LATENCY
)
TIMERS_FIRED: Final = Counter("localex_timers_fired", "Timers by outcome", ("kind", "outcome"))
