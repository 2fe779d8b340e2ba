"""Statements of exports: what this service keeps of a person, without what proves who they are.

No hash, key or secret is in any of them, nor what was done by others or of others.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection

PAGE: Final = 200

SELECT_IDENTITIES: Final = """
SELECT kind, value_normalised AS value, created_at, verified_at FROM login_identity
WHERE user_id = $1 ORDER BY created_at, kind
"""
SELECT_FORMER_EMAILS: Final = """
SELECT value_normalised AS value, until FROM former_email WHERE user_id = $1 ORDER BY until
"""
SELECT_SESSIONS: Final = """
SELECT id, created_at, last_seen_at, expires_at, revoked_at, address, agent, strengthened_at,
    strengthened_by, scopes
FROM session WHERE user_id = $1 ORDER BY created_at
"""
SELECT_FACTORS: Final = """
SELECT 'totp' AS kind, NULL AS name, created_at, confirmed_at, NULL AS last_used_at
FROM totp WHERE user_id = $1
UNION ALL
SELECT 'passkey', name, created_at, created_at, last_used_at FROM passkey WHERE user_id = $1
UNION ALL
SELECT 'recovery_code', NULL, created_at, created_at, used_at
FROM recovery_code WHERE user_id = $1
ORDER BY created_at
"""
SELECT_KEYS: Final = """
SELECT id, name, hint, scopes, created_at, expires_at, last_used_at, revoked_at, replaced_by
FROM api_key WHERE user_id = $1 ORDER BY created_at
"""
SELECT_PROGRAM_SESSIONS: Final = """
SELECT f.id, f.api_key_id, f.created_at, f.expires_at, f.ended_at, f.ended_by
FROM refresh_family AS f
INNER JOIN api_key AS k ON k.id = f.api_key_id
WHERE k.user_id = $1 ORDER BY f.created_at
"""
SELECT_ROLES: Final = """
SELECT version, before, after, reason, changed_at FROM role_change
WHERE user_id = $1 ORDER BY version
"""
#: What else is looked at is not told to whom it is about.
SELECT_IDENTIFIED: Final = """
SELECT checked_at, expires_at FROM compliance_check
WHERE user_id = $1 AND kind = 'KYC' AND status = 'CLEAR'
"""
#: Its content stays in the vault, where it is sealed.
SELECT_VAULT: Final = """
SELECT field, version, written_at FROM vault_field WHERE user_id = $1 ORDER BY field
"""
SELECT_NOTIFICATIONS: Final = """
SELECT n.id, n.kind, n.data, n.in_app, n.occurred_at, n.read_at, n.mail_id
FROM notification AS n WHERE n.user_id = $1 ORDER BY n.id
"""
SELECT_MAILS: Final = """
SELECT id, kind, state, created_at, done_at FROM notification_mail
WHERE user_id = $1 ORDER BY id
"""
SELECT_PREFERENCES: Final = """
SELECT p.digest_hour, p.digest_weekday, p.changed_at, c.kind, c.in_app, c.email
FROM notification_preference AS p
LEFT JOIN notification_choice AS c ON c.user_id = p.user_id
WHERE p.user_id = $1 ORDER BY c.kind
"""
SELECT_EVENTS: Final = """
SELECT seq, event_id, type_name AS type, data, occurred_at FROM live_event
WHERE user_id = $1 ORDER BY seq
"""
SELECT_ENDPOINTS: Final = """
SELECT id, url, event_types, state, failures, paused_until, created_at FROM webhook_endpoint
WHERE user_id = $1 ORDER BY id
"""
SELECT_DELIVERIES: Final = """
SELECT d.id, d.endpoint_id, d.event_id, d.type_name AS type, d.body, d.state, d.attempts,
    d.answered, d.error, d.created_at, d.done_at
FROM webhook_delivery AS d
INNER JOIN webhook_endpoint AS e ON e.id = d.endpoint_id
WHERE e.user_id = $1 ORDER BY d.id
"""
SELECT_EXPORTS: Final = """
SELECT id, state, created_at, ended_at, expires_at FROM task
WHERE owner_id = $1 AND kind = 'export' ORDER BY id
"""

#: By the file in which it is told, in this order.
OWN: Final[Mapping[str, str]] = {
    "identities": SELECT_IDENTITIES,
    "former_emails": SELECT_FORMER_EMAILS,
    "sessions": SELECT_SESSIONS,
    "second_factors": SELECT_FACTORS,
    "api_keys": SELECT_KEYS,
    "program_sessions": SELECT_PROGRAM_SESSIONS,
    "role_changes": SELECT_ROLES,
    "identified": SELECT_IDENTIFIED,
    "vault_fields": SELECT_VAULT,
    "notifications": SELECT_NOTIFICATIONS,
    "notification_mails": SELECT_MAILS,
    "notification_preferences": SELECT_PREFERENCES,
    "events": SELECT_EVENTS,
    "webhook_endpoints": SELECT_ENDPOINTS,
    "webhook_deliveries": SELECT_DELIVERIES,
    "exports": SELECT_EXPORTS,
}


async def select_own(
    conn: Connection, kind: str, user_id: UUID
) -> AsyncIterator[list[dict[str, Any]]]:
    """All of a kind, a page at a time; the caller's transaction is open meanwhile."""
    cursor = await conn.cursor(OWN[kind], user_id)
    while rows := await cursor.fetch(PAGE):
        yield [dict(row) for row in rows]
