"""What the database itself refuses about people, whoever writes."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.database import Connection
from tests.stack.database import ScratchDatabase

ANA = uuid4()
HASH = "decode(repeat('ab', 32), 'hex')"
KEY = (
    "INSERT INTO api_key (id, user_id, name, token_hash, hint, scopes, created_at, expires_at)"
    " VALUES (gen_random_uuid(), $1, 'shop', {hash}, 'abcd', '{scopes}', now(), now() + '{life}')"
)
SESSION = (
    "INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, {more})"
    " VALUES (gen_random_uuid(), $1, {hash}, now(), now(), now() + '1 day'::interval, {values})"
)
PROFILE = (
    "INSERT INTO profile (user_id, version, time_zone, language, currency, mascot, domains,"
    " changed_at) VALUES ($1, 1, 'UTC', 'en', 'LXC', 'DRAGON', '{}', now())"
)
CODE = (
    "INSERT INTO one_time_code (id, user_id, purpose, kind, value_normalised, code_hash, attempts,"
    " created_at, expires_at) VALUES (gen_random_uuid(), $1, '{purpose}', 'email', 'a@example.org',"
    " {hash}, {attempts}, now(), now() + '1 hour'::interval)"
)
MAIL = (
    "INSERT INTO notification_mail VALUES ($1, $1, 'notice', 'sent', 0, NULL, now(), now(), NULL)"
)
NOTICE = (
    "INSERT INTO notification (id, user_id, kind, event_id, data, in_app, occurred_at, created_at,"
    " read_at, waits, mail_id) VALUES ($1, $1, 'trade_offered', $1, '{data}', {in_app}, now(),"
    " now(), now(), {waits}, $1)"
)


async def somebody(conn: Connection) -> UUID:
    """A person and their community, in the transaction of the test."""
    await conn.execute(
        "INSERT INTO community (slug, name, state, version, opened_at, changed_at)"
        " VALUES ('riverside', 'Riverside', 'OPEN', 1, now(), now()) ON CONFLICT DO NOTHING"
    )
    await conn.execute(
        "INSERT INTO users (id, display_name, community, roles, created_at)"
        " VALUES ($1, 'Ana', 'riverside', '{MEMBER}', now())",
        ANA,
    )
    return ANA


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (
            "INSERT INTO login_identity VALUES ('phone', '+31612345678', $1, now(), NULL)",
            "login_identity_phone_verified",
        ),
        (
            "INSERT INTO login_identity VALUES ('phone', '0612345678', $1, now(), now())",
            "login_identity_phone_form",
        ),
        (
            SESSION.format(hash=HASH, more="scopes", values="'{items:read}'"),
            "session_of_a_program",
        ),
        (
            SESSION.format(hash=HASH, more="strengthened_at", values="now()"),
            "session_strengthened_whole",
        ),
        (KEY.format(hash=HASH, scopes="{items:read}", life="400 days"), "api_key_lives_a_year"),
        (KEY.format(hash=HASH, scopes="{}", life="1 day"), "api_key_scopes_bounded"),
        (KEY.format(hash="'lxk_'", scopes="{a}", life="1 day"), "api_key_token_hash_length"),
        (CODE.format(hash=HASH, purpose="verify", attempts=6), "one_time_code_attempts_bounded"),
        (CODE.format(hash=HASH, purpose="any", attempts=0), "one_time_code_purpose_known"),
        (CODE.format(hash="'12345678'", purpose="verify", attempts=0), "one_time_code_hash_length"),
        (
            "INSERT INTO progress VALUES ($1, 500, '2026-11-16', 201, 1, 1)",
            "progress_points_of_day_bounded",
        ),
        (
            "INSERT INTO progress VALUES ($1, 500, '2026-11-16', 10, 5, 4)",
            "progress_longest_is_longest",
        ),
        (
            "INSERT INTO totp VALUES ($1, 'x', 'k', now(), now(), NULL)",
            "totp_confirmed_by_a_step",
        ),
        (
            PROFILE,
            "profile_mascot_known",
        ),
        (
            "INSERT INTO notification_choice VALUES ($1, 'security_app_added', true, 'never')",
            "notification_choice_not_of_security",
        ),
        (
            "INSERT INTO notification_choice VALUES ($1, 'trade_offered', true, 'hourly')",
            "notification_choice_email_known",
        ),
        (
            "INSERT INTO notification_preference VALUES ($1, 1, 24, 1, now())",
            "notification_preference_hour_range",
        ),
        (
            "INSERT INTO notification_box VALUES ($1, now(), 31, false, NULL)",
            "notification_box_mails_bounded",
        ),
        (
            MAIL,
            "notification_mail_done_whole",
        ),
        (NOTICE.format(data="[]", in_app="true", waits="false"), "notification_data_small"),
        (
            NOTICE.format(data='{"x": "' + "y" * 4000 + '"}', in_app="true", waits="false"),
            "notification_data_small",
        ),
        (NOTICE.format(data="{}", in_app="false", waits="false"), "notification_read_in_app"),
        (NOTICE.format(data="{}", in_app="true", waits="true"), "notification_waits_or_is_mailed"),
    ],
)
async def test_the_database_refuses(
    scratch_database: ScratchDatabase, statement: str, rule: str
) -> None:
    """Each rule by itself, as the service's own role."""
    async with scratch_database.connect("gateway") as conn:
        change = conn.transaction()
        await change.start()
        try:
            user_id = await somebody(conn)
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await conn.execute(statement, user_id)
        finally:
            await change.rollback()
    assert refused.value.constraint_name == rule


async def test_a_family_has_one_open_token(scratch_database: ScratchDatabase) -> None:
    """Two that could both be used would hide a theft."""
    async with scratch_database.connect("gateway") as conn:
        change = conn.transaction()
        await change.start()
        try:
            user_id = await somebody(conn)
            await conn.execute(KEY.format(hash=HASH, scopes="{a}", life="1 day"), user_id)
            await conn.execute(
                "INSERT INTO refresh_family SELECT id, id, now(), now() + '1 day'::interval"
                " FROM api_key WHERE user_id = $1",
                user_id,
            )
            insert = (
                "INSERT INTO refresh_token SELECT decode(repeat($2, 32), 'hex'), id, $3, now()"
                " FROM api_key WHERE user_id = $1"
            )
            await conn.execute(insert, user_id, "01", 1)
            with pytest.raises(asyncpg.UniqueViolationError) as refused:
                await conn.execute(insert, user_id, "02", 2)
        finally:
            await change.rollback()
    assert refused.value.constraint_name == "refresh_token_one_open"
