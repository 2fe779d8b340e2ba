"""Every event with an audience, for the endpoints of those people."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.database import Connection
from chassis.ids import new_id
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.messages import Message
from gateway.live.consumers import EVENTS
from gateway.live.lifecycle import view_for
from gateway.webhooks import queries


async def on_events(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
    """Write down what is to be told to whose endpoints.

    Args:
        conn: Open transaction; the caller commits.
        deliveries: New ones, in order.
    """
    people = {person for one in deliveries for person in one.envelope.audience}
    wanting: dict[UUID, list[Any]] = defaultdict(list)
    for endpoint in await queries.select_wanting(conn, sorted(people)) if people else ():
        wanting[endpoint["user_id"]].append(endpoint)
    rows: list[queries.DeliveryRow] = []
    for one in deliveries:
        envelope = one.envelope
        for person in envelope.audience:
            for endpoint in wanting.get(person, ()):
                if endpoint["event_types"] and envelope.type_name not in endpoint["event_types"]:
                    continue
                told = {
                    "type": envelope.type_name,
                    "timestamp": envelope.occurred_at,
                    "data": view_for(person, envelope.type_name, orjson.loads(one.payload)),
                }
                body = orjson.dumps(told).decode()
                rows.append((new_id(), endpoint["id"], envelope.event_id, envelope.type_name, body))
    if rows:
        # Due by the machine's clock, as events are stamped.
        await queries.insert_deliveries(conn, rows, datetime.now(UTC))


WEBHOOKS = Subscription("gateway.webhooks", batch=on_events, messages=EVENTS)
