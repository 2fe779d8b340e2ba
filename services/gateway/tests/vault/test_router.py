"""People keep and read their own; operators read with a reason that is written down."""

import json
from typing import get_args
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway.vault.lifecycle import FORMS
from gateway.vault.models import FieldName
from gateway.vault.queries import select_rules
from services.gateway.tests.conftest import Gateway
from services.gateway.tests.vault.conftest import PHONE, WHY, look, put
from tests.stack.database import ScratchDatabase


async def test_what_is_kept_is_read_back_by_its_owner(gateway: Gateway) -> None:
    """In its one form; the list shows what it is and not what is in it."""
    _, token = await gateway.person()
    response, kept = await put(gateway, token, "phone", "+34 600-123-456")
    assert response.status == 200
    assert (kept["kind"], kept["sensitivity"], kept["version"]) == ("PII", "MEDIUM", 1)
    assert kept["algorithm"] == "AES-256-GCM"
    response, read = await gateway.send("GET", "/v1/me/vault/phone", token=token)
    assert (read["value"], response.headers["Cache-Control"]) == (PHONE, "no-store")
    _, listed = await gateway.send("GET", "/v1/me/vault", token=token)
    assert [one["field"] for one in listed["fields"]] == ["phone"]
    assert PHONE not in json.dumps(listed)


async def test_nothing_that_is_kept_can_be_found_in_the_database(
    gateway: Gateway, scratch_database: ScratchDatabase
) -> None:
    """Neither in the vault nor in stored answers, events or the audit log."""
    _, token = await gateway.person()
    await put(gateway, token, "tax_number", "PLANTED98765")
    async with scratch_database.connect("admin") as admin:
        tables = await admin.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'gateway'::regnamespace "
            "AND relkind IN ('r', 'p')"
        )
        for (name,) in tables:
            found = await admin.fetchval(
                f"SELECT count(*) FROM gateway.{name} AS t WHERE strpos(t::text, $1) > 0 "
                "OR strpos(t::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0",
                "PLANTED98765",
            )
            assert found == 0, name


async def test_a_repeat_keeps_once_and_other_content_is_refused(gateway: Gateway) -> None:
    """The value is compared by a keyed fingerprint."""
    _, token = await gateway.person()
    _, first = await put(gateway, token, "phone", PHONE, "same")
    response, again = await put(gateway, token, "phone", PHONE, "same")
    assert (again, response.headers["Idempotency-Replayed"]) == (first, "true")
    response, problem = await put(gateway, token, "phone", "+34600123457", "same")
    assert (response.status, problem["differs"]) == (409, ["value"])


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("phone", "600123456", 422),
        ("date_of_birth", "31.12.1990", 422),
        ("nationality", "Spain", 422),
        ("legal_name", "a\nb", 422),
        ("legal_name", "x" * 501, 422),
        ("shoe_size", "42", 404),
        ("Phone", PHONE, 422),
    ],
)
async def test_a_value_that_has_not_its_form_is_refused(
    gateway: Gateway, token: str, field: str, value: str, status: int
) -> None:
    """The problem names the rule and never repeats the value."""
    response, problem = await put(gateway, token, field, value)
    assert response.status == status
    assert len(value) < 3 or value not in json.dumps(problem)


async def test_a_field_is_deleted_by_its_owner(gateway: Gateway) -> None:
    """And is then not there."""
    _, token = await gateway.person()
    await put(gateway, token, "phone", PHONE)
    headers = {"Idempotency-Key": "d"}
    for status in (204, 204):
        response, _ = await gateway.send(
            "DELETE", "/v1/me/vault/phone", token=token, headers=headers
        )
        assert response.status == status
    response, _ = await gateway.send("GET", "/v1/me/vault/phone", token=token)
    assert response.status == 404


async def test_an_operators_look_is_seen_by_whom_it_is_about(
    gateway: Gateway, operator: str
) -> None:
    """With who, as whom, what and why; by nobody else."""
    user, token = await gateway.person()
    await put(gateway, token, "phone", PHONE)
    await put(gateway, token, "legal_name", "Ana Planted")
    response, read = await look(gateway, operator, user, "legal_name", "phone")
    assert response.status == 200, read
    assert [one["value"] for one in read["values"]] == ["Ana Planted", PHONE]
    _, log = await gateway.send("GET", "/v1/me/access-log", token=token)
    [entry] = log["accesses"]
    assert entry["what"] == ["vault.legal_name", "vault.phone"]
    assert (entry["reason"], "OPERATOR" in entry["reader_roles"]) == (WHY, True)
    _, other = await gateway.person()
    _, empty = await gateway.send("GET", "/v1/me/access-log", token=other)
    assert empty == {"accesses": [], "next_cursor": None}


async def test_a_look_at_what_is_not_kept_is_a_look(gateway: Gateway, operator: str) -> None:
    """Who asks learns that nothing is there, and that is written down."""
    user, token = await gateway.person()
    _, read = await look(gateway, operator, user, "phone")
    assert read["values"] == []
    _, log = await gateway.send("GET", "/v1/me/access-log", token=token)
    assert [one["what"] for one in log["accesses"]] == [["vault.phone"]]


async def test_the_log_is_read_in_pages(gateway: Gateway, operator: str) -> None:
    """Newest first, each once."""
    user, token = await gateway.person()
    for field in ("phone", "nationality", "legal_name"):
        await look(gateway, operator, user, field)
    _, first = await gateway.send("GET", "/v1/me/access-log?limit=2", token=token)
    _, last = await gateway.send(
        "GET", f"/v1/me/access-log?limit=2&cursor={first['next_cursor']}", token=token
    )
    seen = [one["what"][0] for one in first["accesses"] + last["accesses"]]
    assert seen == ["vault.legal_name", "vault.nationality", "vault.phone"]
    assert last["next_cursor"] is None


async def test_a_look_at_what_may_not_be_kept_is_malformed(gateway: Gateway, operator: str) -> None:
    """The person is there; the problem says which name is wrong, and the names that there are."""
    user, _ = await gateway.person()
    response, problem = await look(gateway, operator, user, "phone", "shoe_size")
    assert response.status == 422
    [error] = problem["errors"]
    assert error["field"] == "fields.1"
    assert "legal_name" in json.dumps(error)


async def test_a_look_without_a_reason_is_refused(gateway: Gateway, operator: str) -> None:
    """Ten characters at least, blanks not counted."""
    user, _ = await gateway.person()
    for reason in ("", "because", "          "):
        response, _ = await look(gateway, operator, user, "phone", reason=reason)
        assert response.status == 422


async def test_what_is_critical_is_not_for_operators(gateway: Gateway, operator: str) -> None:
    """The rule names who may; nothing is read and nothing is written down."""
    user, token = await gateway.person()
    await put(gateway, token, "bank_account", "ES9121000418450200051332")
    response, problem = await look(gateway, operator, user, "phone", "bank_account")
    assert (response.status, problem["fields"]) == (403, ["bank_account"])
    _, log = await gateway.send("GET", "/v1/me/access-log", token=token)
    assert log["accesses"] == []


async def test_members_read_nobody_else(gateway: Gateway, token: str) -> None:
    """The route is for operators."""
    user, _ = await gateway.person()
    response, _ = await look(gateway, token, user, "phone")
    assert response.status == 403


OPEN = "SELECT * FROM open_vault($1, $2, $3, $4, $5, NULL, NULL, NULL, NULL)"


async def test_the_database_gives_nothing_out_unseen(
    gateway: Gateway, scratch_database: ScratchDatabase
) -> None:
    """What is encrypted is no column of the service's, and the function holds rules and reason."""
    user, token = await gateway.person()
    await put(gateway, token, "phone", PHONE)
    reader = uuid4()
    async with scratch_database.connect("gateway") as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch("SELECT ciphertext FROM vault_field")
        for fields, roles, why, constraint in (
            (["tax_number"], ["OPERATOR"], WHY, "vault_rule_reader"),
            (["phone"], ["MEMBER"], WHY, "vault_rule_reader"),
            (["phone"], ["OPERATOR"], "because", "access_log_reason_said"),
        ):
            with pytest.raises(asyncpg.CheckViolationError) as caught:
                await conn.fetch(OPEN, UUID(user), fields, reader, roles, why)
            assert caught.value.constraint_name == constraint
        assert len(await conn.fetch(OPEN, UUID(user), ["phone"], reader, ["OPERATOR"], WHY)) == 1
    _, log = await gateway.send("GET", "/v1/me/access-log", token=token)
    assert [one["reader_id"] for one in log["accesses"]] == [str(reader)]


@pytest.mark.parametrize(
    "change", ["DELETE FROM access_log", "UPDATE access_log SET reason = reason"]
)
async def test_nobody_takes_a_look_back(
    gateway: Gateway, operator: str, scratch_database: ScratchDatabase, change: str
) -> None:
    """Neither the service nor the owner of the table."""
    user, _ = await gateway.person()
    await look(gateway, operator, user, "phone")
    async with scratch_database.connect("gateway") as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(change)
    async with scratch_database.connect("admin") as admin:
        await admin.execute("SET search_path = gateway")
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute(change)


async def test_rules_and_forms_have_the_same_names(gateway: Gateway) -> None:
    """What may be kept is said once in SQL, how it is written once in Python."""
    async with gateway.resources.database.connection() as conn:
        rules = await select_rules(conn)
    assert set(rules) == set(FORMS) == set(get_args(FieldName.__value__))
    assert all("ADMIN" in rule.readers for rule in rules.values())
    assert all(
        rule.sensitivity == "CRITICAL" or "OPERATOR" in rule.readers for rule in rules.values()
    )


async def test_log_in_and_out_are_audited(
    gateway: Gateway, scratch_database: ScratchDatabase
) -> None:
    """With address, agent, session and request; a refusal under a hash, and no e-mail anywhere."""
    email = f"{uuid4().hex}@example.org"
    _, user = await gateway.register(email)
    await gateway.log_in(email, "wrong password")
    _, session = await gateway.log_in(email)
    await gateway.send("DELETE", "/v1/sessions/current", token=session["token"])
    async with scratch_database.connect("gateway") as conn:
        rows = await conn.fetch("SELECT * FROM audit_event ORDER BY recorded_at DESC LIMIT 4")
        assert not await conn.fetchval(
            "SELECT count(*) FROM audit_event AS e WHERE strpos(e::text, '@') > 0"
        )
    told = [row["action"] for row in rows]
    assert told == ["session.ended", "session.opened", "session.refused", "user.registered"]
    assert str(rows[0]["actor_id"]) == user["id"]
    assert rows[0]["session_id"] is not None
    assert all(row["address"] == "127.0.0.1" and row["correlation_id"] for row in rows)
    assert all("Python" in row["agent"] for row in rows)
