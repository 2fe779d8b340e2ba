"""People who keep, look and erase."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.gateway.tests.conftest import OPERATOR, Gateway

PHONE = "+34600123456"
WHY = "the bank asks who the payee is"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
UNLOCKED = "SET search_path = gateway; SET session_replication_role = replica"


async def put(gateway: Gateway, token: str, field: str, value: str, key: str = "") -> Any:
    """Keep a value."""
    headers = {"Idempotency-Key": key or uuid4().hex}
    return await gateway.send(
        "PUT", f"/v1/me/vault/{field}", token=token, json={"value": value}, headers=headers
    )


async def erase(gateway: Gateway, token: str) -> Any:
    """Erase one's own."""
    return await gateway.send(
        "DELETE", "/v1/me/vault", token=token, headers={"Idempotency-Key": uuid4().hex}
    )


async def look(
    gateway: Gateway, token: str, user: str, *fields: str, reason: str = WHY
) -> tuple[Any, Any]:
    """Read another person's fields."""
    body = {"fields": fields, "reason": reason}
    return await gateway.send("POST", f"/v1/users/{user}/vault/readings", token=token, json=body)


@pytest.fixture(scope="module")
async def operator(gateway: Gateway) -> str:
    """The session of an operator who is no administrator."""
    email = f"{uuid4().hex}@example.org"
    _, person = await gateway.register(email)
    _, admin = await gateway.log_in(*OPERATOR)
    response, _ = await gateway.send(
        "POST",
        f"/v1/users/{person['id']}/roles",
        token=admin["token"],
        json={"grant": ["OPERATOR"], "reason": "looks after people"},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert response.status == 200
    # What sessions there were has ended with the old rights.
    _, session = await gateway.log_in(email)
    return str(session["token"])
