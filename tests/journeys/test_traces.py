"""One trace and one correlation id run from the request through Kafka to what it set off."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.journeys.people import somebody
from tests.stack.plugin import System

SELECT_SAID = """
SELECT headers ->> 'ce_type' AS type, headers ->> 'traceparent' AS traceparent,
    headers ->> 'ce_correlationid' AS correlation_id, headers ->> 'ce_causationid' AS cause,
    event_id::text AS event_id
FROM {service}.outbox WHERE key = $1 ORDER BY id
"""


async def said(system: System, service: str, key: UUID) -> dict[str, Any]:
    """What a service said about a trade, by type."""
    conn = await asyncpg.connect(system.backend.admin_url)
    try:
        rows = await conn.fetch(SELECT_SAID.format(service=service), str(key))
    finally:
        await conn.close()
    return {row["type"]: row for row in rows}


async def test_one_trace_runs_through_every_service(system: System) -> None:
    """HTTP, outbox, Kafka, inbox, and the next outbox: the trace of the client's own request."""
    trace_id, request_id = uuid4().hex, f"journey-{uuid4().hex[:8]}"
    headers = {
        "traceparent": f"00-{trace_id}-{uuid4().hex[:16]}-01",
        "X-Request-Id": request_id,
    }
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="9.00") as ben,
    ):
        chair = await ana.client.create_item("Chair", price="9.00")
        trade = await ben.client.offer(chair.id, "9.00")
        answer = await ana.client.send(
            "POST", f"/v1/trades/{trade.id}/accept", json={}, key=uuid4().hex, headers=headers
        )
        assert answer.headers["X-Request-Id"] == request_id
        await ben.reaches(trade.id, "funded")
    by_marketplace = await said(system, "marketplace", trade.id)
    by_ledger = await said(system, "ledger", trade.id)
    chain = [
        by_marketplace["marketplace.TradeAccepted"],
        by_marketplace["ledger.FundEscrow"],
        by_ledger["ledger.EscrowFunded"],
        by_marketplace["marketplace.TradeFunded"],
    ]
    assert [row["traceparent"].split("-")[1] for row in chain] == [trace_id] * 4
    assert [row["correlation_id"] for row in chain] == [request_id] * 4
    assert by_marketplace["marketplace.TradeOffered"]["traceparent"].split("-")[1] != trace_id
    # Each names what caused it: the command, then the event.
    assert chain[2]["cause"] == chain[1]["event_id"]
    assert chain[3]["cause"] == chain[2]["event_id"]
