"""Write down what somebody did, in the transaction of what is done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson

from chassis import context
from chassis.database import Connection
from chassis.ids import new_id

INSERT_ACTS: Final = """
INSERT INTO audit_event (
    id, action, actor_id, actor_name, entity, entity_id, before, after, reason, address, agent,
    session_id, correlation_id
)
SELECT id, action, actor_id, actor_name, entity, entity_id, before::jsonb, after::jsonb, reason,
    address, agent, session_id, correlation_id
FROM unnest(
    $1::uuid [], $2::text [], $3::uuid [], $4::text [], $5::text [], $6::text [], $7::text [],
    $8::text [], $9::text [], $10::text [], $11::text [], $12::uuid [], $13::text []
) AS acts (
    id, action, actor_id, actor_name, entity, entity_id, before, after, reason, address, agent,
    session_id, correlation_id
)
"""
#: What is larger is told by its names only.
CONTENT_MAX_BYTES: Final = 8 * 1024
REASON_CHARACTERS: Final = 1000


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did. Ids and figures only: nothing personal may be in it.

    Attributes:
        action: Dotted and past, `account.frozen`; or the route, where nothing better was said.
        entity: What kind of thing it was done to, and `entity_id` which one.
        by: Who; the caller of the request when not said.
        by_name: Who, where no user did it.
        before: What it was, where it was something.
        after: What it is now.
        origin: Where it came from; the request in progress when not said.
        correlation_id: The request; the one in progress when not said.
    """

    action: str
    entity: str
    entity_id: str
    by: UUID | None = None
    by_name: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str | None = None
    origin: context.Origin | None = None
    correlation_id: str | None = None

    def placed(self) -> "Act":
        """The same with the request in progress, for whoever writes it down later."""
        origin = self.origin or context.origin.get()
        return replace(
            self,
            by=self.by or (None if self.by_name else origin.user_id),
            origin=origin,
            correlation_id=self.correlation_id or context.correlation_id.get(),
        )


async def record_acts(conn: Connection, *acts: Act) -> None:
    """Write acts to the audit log; none is fine.

    Args:
        conn: Open transaction of what is done; the caller commits.
        acts: In the order in which they were done.
    """
    if not acts:
        return
    rows = [_row(act.placed()) for act in acts]
    await conn.execute(INSERT_ACTS, *map(list, zip(*rows, strict=True)))
    context.audited.set(True)


def _row(act: Act) -> tuple[Any, ...]:
    origin = act.origin or context.Origin()
    return (
        new_id(),
        act.action,
        act.by,
        act.by_name,
        act.entity,
        act.entity_id,
        _json(act.before),
        _json(act.after),
        act.reason[:REASON_CHARACTERS] if act.reason else None,
        origin.address,
        origin.agent,
        origin.session_id,
        act.correlation_id,
    )


def _json(content: Mapping[str, Any] | None) -> str | None:
    if content is None:
        return None
    written = orjson.dumps(dict(content), default=str)
    if len(written) > CONTENT_MAX_BYTES:
        written = orjson.dumps({"bytes": len(written), "fields": sorted(content)})
    # Postgres keeps no NUL in its JSON.
    return written.decode().replace("\\u0000", "\\ufffd")


def act_due(route: str, content: Mapping[str, Any], owner: str) -> Act | None:
    """The act that a request stands for when nobody says more of it.

    Only where a route is for people with power alone: what members do to their own is in the books.

    Args:
        route: Method and path.
        content: What was asked for.
        owner: Whose key it was; told when no id is among the content.
    """
    origin = context.origin.get()
    if not origin.power:
        return None
    named = [(name, value) for name, value in content.items() if name.endswith("_id") and value]
    entity, value = named[-1] if named else ("caller_id", owner)
    reason = content.get("reason")
    return Act(
        route,
        entity.removesuffix("_id"),
        str(value)[:500],
        after={"asked": dict(content)},
        reason=reason if isinstance(reason, str) else None,
    ).placed()
