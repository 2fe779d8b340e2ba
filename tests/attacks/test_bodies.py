"""Fields that are not one's to say, and keys that somebody else has used."""

from typing import Any, Final
from uuid import uuid4

import pytest

from tests.attacks.edge import ask
from tests.journeys.people import PASSWORD, Actor
from tests.stack.plugin import System

#: What nobody says of themselves or of what they make.
POWER: Final[dict[str, Any]] = {
    "id": str(uuid4()),
    "user_id": str(uuid4()),
    "owner_id": str(uuid4()),
    "roles": ["ADMIN", "OPERATOR"],
    "role": "ADMIN",
    "is_admin": True,
    "state": "released",
    "status": "ACTIVE",
    "created_at": "2020-01-01T00:00:00Z",
    "__proto__": {"roles": ["ADMIN"]},
}
#: Bodies that their routes take, but for the field that is added.
BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/users": {"password": PASSWORD, "display_name": "Eve"},
    "POST /v1/sessions": {"password": PASSWORD},
    "PATCH /v1/me/profile": {"display_name": "Eve"},
    "POST /v1/me/api-keys": {"name": "shop", "scopes": ["items:read"]},
    "POST /v1/webhooks/endpoints": {"url": "https://shop.example/hook"},
    "POST /v1/items": {"title": "Chair", "price": "1.00", "asset": "LXC"},
    "POST /v1/trades": {"item_id": str(uuid4()), "amount": "1.00", "asset": "LXC"},
    "POST /v1/saved-searches": {"name": "Chairs", "q": "chair"},
    "POST /v1/transfers": {"from_account": str(uuid4()), "amount": "1.00", "asset": "LXC"},
    "POST /v1/reservations": {"account_id": str(uuid4()), "amount": "1.00"},
    "POST /v1/gifts": {"from_account": str(uuid4()), "amount": "1.00", "asset": "LXC"},
    "POST /v1/account-groups": {"name": "Mine"},
}
#: A field that a route has, and everybody may fill in: an item's draft or active status.
PART_OF: Final = {("POST /v1/items", "status")}


@pytest.mark.parametrize("field", POWER)
@pytest.mark.parametrize("route", BODIES)
async def test_mass_assignment_is_refused(
    system: System, eve: Actor, route: str, field: str
) -> None:
    """Each by its name, with the whole request; no field is passed over in silence."""
    if (route, field) in PART_OF:
        return
    method, _, path = route.partition(" ")
    body = {**BODIES[route], field: POWER[field]}
    if path in ("/v1/users", "/v1/sessions"):
        body["email"] = f"{uuid4().hex}@example.org" if path == "/v1/users" else eve.email
    headers = {"Idempotency-Key": uuid4().hex, "If-Match": '"1"'}
    token = None if path in ("/v1/users", "/v1/sessions") else eve.client.token
    answer = await ask(system.gateway, method, path, token, headers=headers, json=body)
    assert answer.status_code == 422, answer.text
    named = {error["field"] for error in answer.json()["errors"] if "extra" in error["rule"]}
    assert named == {field}


async def test_mass_assignment_leaves_no_trace(system: System, eve: Actor) -> None:
    """After all of it Eve is who she was."""
    await ask(
        system.gateway,
        "PATCH",
        "/v1/me/profile",
        eve.client.token,
        json={"display_name": "Root", "roles": ["ADMIN"], "community": "everywhere"},
    )
    me = await eve.client.me()
    assert (me.display_name, me.roles, me.community) == ("Eve", ["MEMBER"], "riverside")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/items", BODIES["POST /v1/items"]),
        ("/v1/webhooks/endpoints", BODIES["POST /v1/webhooks/endpoints"]),
        ("/v1/account-groups", BODIES["POST /v1/account-groups"]),
    ],
)
async def test_an_idempotency_key_of_another_user_tells_nothing(
    system: System, ana: Actor, eve: Actor, path: str, body: dict[str, Any]
) -> None:
    """In each service: the same key and body make something of Eve's own, and show nothing."""
    headers = {"Idempotency-Key": uuid4().hex}
    answers = [
        await ask(system.gateway, "POST", path, one.client.token, headers=headers, json=body)
        for one in (ana, eve, ana)
    ]
    assert [one.status_code for one in answers] == [201, 201, 201]
    first, hers, again = (one.json()["id"] for one in answers)
    assert (first == again, first == hers) == (True, False)
    assert "idempotency-replayed" not in answers[1].headers
    assert "idempotency-replayed" in answers[2].headers


async def test_an_idempotency_key_of_another_user_pays_nothing(
    system: System, ana: Actor, eve: Actor
) -> None:
    """Eve repeats Ana's payment word for word: it is not hers to make, nor to see."""
    account = await ana.account()
    wish = {
        "from_account": str(account.id),
        "to_user": str(eve.user.id),
        "amount": "1.00",
        "asset": "LXC",
        "memo": "for the chair",
    }
    headers = {"Idempotency-Key": uuid4().hex}
    paid = await ask(
        system.gateway, "POST", "/v1/transfers", ana.client.token, headers=headers, json=wish
    )
    assert paid.status_code == 201
    after = await ana.balance()
    stolen = await ask(
        system.gateway, "POST", "/v1/transfers", eve.client.token, headers=headers, json=wish
    )
    assert stolen.status_code in (403, 404)
    assert paid.json()["id"] not in stolen.text
    assert await ana.balance() == after
