"""Ask the provider, when a check is due."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from chassis.database import Connection
from chassis.logs import get_logger
from chassis.timers import set_timer
from contracts.gateway import CheckKind
from gateway.compliance import queries
from gateway.compliance.lifecycle import TRY_AGAIN, decide, ends_at, recheck_at, timer_key
from gateway.compliance.models import Check
from gateway.compliance.provider import TIMEOUT_SECONDS, Provider, ProviderAway
from gateway.compliance.settle import settle_check
from gateway.compliance.start import DUE

log = get_logger(__name__)


class CheckDue:
    """What the timer does: ask, write down what was found, and set itself for the next time."""

    def __init__(self, provider: Provider) -> None:
        """Ask `provider`."""
        self._provider = provider

    async def __call__(self, conn: Connection, key: str, now: datetime) -> None:
        """Check one person for one thing.

        While the provider is away a check that was made stands until its end, then it is EXPIRED.
        What two people decided stands until its end, too.
        """
        text, _, kind_text = key.partition("/")
        user_id, kind = UUID(text), cast("CheckKind", kind_text)
        shown_as = await queries.select_shown(conn, user_id)
        if shown_as is None:
            return
        await queries.lock_standing(conn, user_id, now)
        before = (await queries.select_checks(conn, user_id)).get(kind)
        if before and before.override_id and before.expires_at and before.expires_at > now:
            await set_timer(conn, DUE, key, before.expires_at)
            return
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                finding = await self._provider.check(user_id, shown_as, kind)
        except (ProviderAway, TimeoutError):
            log.warning("compliance.provider_away", provider=self._provider.name, kind=kind)
            await self._expire(conn, before, now)
            await set_timer(conn, DUE, timer_key(user_id, kind), now + TRY_AGAIN)
            return
        after = Check(
            user_id,
            kind,
            decide(finding),
            self._provider.name,
            finding.reference,
            finding.risk_score,
            finding.flags,
            now,
            ends_at(kind, now),
        )
        await settle_check(conn, after, now=now)
        await set_timer(conn, DUE, timer_key(user_id, kind), recheck_at(kind, now))

    async def _expire(self, conn: Connection, before: Check | None, now: datetime) -> None:
        if before and before.status == "CLEAR" and before.expires_at and before.expires_at <= now:
            await settle_check(conn, replace(before, status="EXPIRED"), now=now)
