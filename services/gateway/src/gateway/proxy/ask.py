"""Ask the replicas of a service, one or, where nothing can have been done, another."""

from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
)
from yarl import URL

from chassis.logs import get_logger
from gateway.proxy.body import Body
from gateway.proxy.errors import BadAnswer, ServiceAway
from gateway.proxy.exchange import Exchange
from gateway.proxy.routes import Route
from gateway.proxy.upstreams import Replica, Upstreams

log = get_logger(__name__)

_REPEATABLE: Final = frozenset({"GET", "HEAD"})
#: Waiting for the answer is limited by the route's deadline.
_TIMEOUT: Final = ClientTimeout(total=None, sock_connect=1.0)


async def ask_replicas(
    client: ClientSession,
    upstreams: Upstreams,
    exchange: Exchange,
    route: Route,
    headers: dict[str, str],
    body: Body,
    asked: list[Replica],
) -> ClientResponse:
    """The service's answer, as far as its headers.

    Args:
        client: The pooled client.
        upstreams: The replicas.
        exchange: Method and target.
        route: Whose service is asked.
        headers: What the service is told.
        body: Sent on as it comes.
        asked: Gets each replica that is asked; the caller counts them out again.

    Raises:
        TooLarge: The body is over the route's limit.
        ClientGone: The client went away.
        ServiceAway: No replica can be reached.
        BadAnswer: The answer is no HTTP, and may not be asked for again.
    """
    scope, method = exchange.scope, exchange.method
    query: bytes = scope["query_string"]
    target = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
    data = await body.open()
    if not isinstance(data, bytes | None) and body.length is not None:
        headers["content-length"] = str(body.length)
    tries = 1 + max(upstreams.count(route.service) - 1, method in _REPEATABLE)
    for left in reversed(range(tries)):
        replica = upstreams.choose(route.service)
        if replica is None:
            break
        asked.append(replica)
        replica.inflight += 1
        try:
            response = await client.request(
                method,
                URL(replica.address + target.decode("latin-1"), encoded=True),
                data=data,
                headers=headers,
                allow_redirects=False,
                timeout=_TIMEOUT,
            )
        except (ClientError, ConnectionError) as error:
            if body.fault is not None:
                raise body.fault from None
            replica.failed()
            log.warning("proxy.unreachable", upstream=route.service, error=repr(error))
            # Nothing was sent if there was no connection: then any method may go elsewhere.
            unsent = isinstance(error, ClientConnectorError | ConnectionTimeoutError)
            whole = isinstance(data, bytes | None)
            if left and whole and (unsent or method in _REPEATABLE):
                continue
            if isinstance(error, ClientResponseError):
                raise BadAnswer(route.service) from None
            break
        replica.succeeded()
        return response
    raise ServiceAway(
        f"the {route.service} can't be reached at the moment; try again in 1 s with the same "
        f"Idempotency-Key",
        service=route.service,
        retry_after_seconds=1,
    )
