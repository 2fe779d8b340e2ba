"""Deliver what is due."""

import asyncio
import random
from collections import defaultdict
from typing import Final

from aiohttp import ClientError, ClientSession
from cryptography.exceptions import InvalidTag

from chassis.logs import get_logger
from chassis.resources import Resources
from gateway.vault.keyring import Keyring, UnsafeKeys
from gateway.webhooks import queries
from gateway.webhooks.guard import UnsafeAddress, check_host
from gateway.webhooks.lifecycle import next_try, paused_until, signed_headers, url_fault
from gateway.webhooks.models import Due
from gateway.webhooks.sealing import opened, text_of

log = get_logger(__name__)

BATCH_MAX: Final = 64
ROUNDS_MAX: Final = 50
#: Of an answer no more is read.
_ANSWER_BYTES: Final = 4096
_GONE: Final = 410
_OK: Final = range(200, 300)


async def deliver_due(resources: Resources) -> None:
    """Tell every endpoint what is due, those of different endpoints at the same time.

    What fails is due again later, with growing pauses; an endpoint that fails again and again
    rests. A process that dies meanwhile leaves what it had taken due again after a minute: an
    endpoint may hear of an event twice, under the same `webhook-id`.

    Args:
        resources: With the database, the clock and the guarded client.
    """
    for _ in range(ROUNDS_MAX):
        async with resources.database.transaction() as conn:
            due = await queries.take_due(conn, resources.clock.now(), BATCH_MAX)
        by_endpoint: dict[object, list[Due]] = defaultdict(list)
        for one in due:
            by_endpoint[one.endpoint_id].append(one)
        await asyncio.gather(*(_deliver_all(resources, many) for many in by_endpoint.values()))
        if len(due) < BATCH_MAX:
            return


async def _deliver_all(resources: Resources, many: list[Due]) -> None:
    """One endpoint's, one after another; after a failure the others wait for their turn again."""
    for due in many:
        status, error = await _call(resources, due)
        now = resources.clock.now()
        async with resources.database.transaction() as conn:
            if status in _OK:
                await queries.mark_delivered(conn, due, status or 0, now)
                continue
            await queries.mark_failed(
                conn,
                due,
                (status, error),
                again_at=next_try(due.attempts, now, random.random()),  # noqa: S311 - spreads load
                paused_until=paused_until(due.failures + 1, now),
                now=now,
                gone=status == _GONE,
            )
        log.info("webhooks.not_heard", delivery=str(due.id), status=status, error=error)
        return


async def _call(resources: Resources, due: Due) -> tuple[int | None, str]:
    """The status of the answer, or why there is none."""
    client: ClientSession = resources.extra["guarded_client"]
    fault = url_fault(due.url, dev=resources.settings.env == "dev")
    if fault:
        return None, fault
    body = due.body.encode()
    keyring: Keyring | None = resources.extra.get("keyring")
    try:
        secrets = [text_of(opened(keyring, one)) for one in due.secrets] if keyring else []
    except (UnsafeKeys, InvalidTag, ValueError):
        secrets = []
    if not secrets:
        return None, "its secret cannot be read; rotate it"
    headers = {
        "content-type": "application/json",
        "user-agent": "LocalEx-Webhooks/1",
        **signed_headers(secrets, str(due.id), resources.clock.now(), body),
    }
    try:
        check_host(due.url, private=resources.settings.webhook_private)
        async with client.post(
            due.url, data=body, headers=headers, allow_redirects=False
        ) as response:
            await response.content.read(_ANSWER_BYTES)
            # A redirect is no success: where it leads has not been checked.
            return response.status, f"answered {response.status}"
    except UnsafeAddress as error:
        return None, str(error)
    except (ClientError, OSError, TimeoutError) as error:
        cause = error.__cause__
        return None, str(cause) if isinstance(cause, UnsafeAddress) else type(error).__name__
