"""One request on its way, and its answer as far as it is out."""

import random
import re
import time
from functools import cache
from typing import Final

from prometheus_client import Histogram
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.metrics import HTTP_SECONDS
from chassis.refusals import TOLD, refused
from gateway.proxy.lifecycle import KEPT_BY_NOBODY, SAFETY_HEADERS
from gateway.proxy.settle import Settled
from gateway.sessions.models import Session

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")

type Headers = list[tuple[bytes, bytes]]


class Exchange:
    """What the steps of forwarding share."""

    __slots__ = (
        "headers",
        "method",
        "receive",
        "request_id",
        "route_path",
        "scope",
        "send",
        "session",
        "settled",
        "started",
        "status",
        "told",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing has been answered yet."""
        self.scope = scope
        self.receive = receive
        self.send = send
        self.started = time.perf_counter()
        #: By name; those that matter are there once, which the edge has seen to.
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        offered = self.headers.get(b"x-request-id", b"")
        self.request_id = (
            offered if _REQUEST_ID.fullmatch(offered) else b"%032x" % random.getrandbits(128)
        )
        self.method: str = scope["method"]
        self.route_path = "unmatched"
        #: Of whoever asks, once that is known.
        self.session: Session | None = None
        #: Of the answer, once it has begun.
        self.status = 0
        #: What there was to tell after waiting, where the client wanted that.
        self.settled: Settled | None = None
        #: Headers of ours that every answer to this request has.
        self.told: Headers = []

    async def begin(self, status: int, headers: Headers) -> None:
        """Begin the answer."""
        self.status = status
        if not any(name == b"cache-control" for name, _ in headers):
            headers = [*headers, KEPT_BY_NOBODY]
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    *headers,
                    (b"x-request-id", self.request_id),
                    *self.told,
                    *SAFETY_HEADERS,
                ],
            }
        )

    async def answer(self, response: Response) -> None:
        """Answer with a response of ours."""
        await self.begin(response.status_code, response.raw_headers)
        body = b"" if self.method == "HEAD" else response.body
        await self.send({"type": "http.response.body", "body": body})

    def measure(self) -> None:
        """Count it, by route and status."""
        _seconds(self.method, self.route_path, self.status or 500).observe(
            time.perf_counter() - self.started
        )
        if self.status in TOLD:
            refused(self.scope, self.route_path, self.status)


@cache
def _seconds(method: str, path: str, status: int) -> Histogram:
    """The histogram of one route and status: finding it each time costs more than counting."""
    return HTTP_SECONDS.labels(method, path, status)
