"""Endpoints, their secrets and deliveries; and `POST /webhooks-in/{source}`."""

import secrets
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from chassis.access import ANYONE
from chassis.answers import document_of
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.resources import Now, OpenDatabase, OpenResources
from gateway.sessions.access import Fresh, LoggedIn
from gateway.vault.keyring import KEY_BYTES, Keyring
from gateway.vault.router import OpenKeyring
from gateway.webhooks import queries
from gateway.webhooks.add import add_endpoint
from gateway.webhooks.errors import NoSuchDelivery, NoSuchEndpoint
from gateway.webhooks.models import (
    DeliveryList,
    DeliveryState,
    EndpointList,
    EndpointView,
    NewEndpoint,
    Sealed,
    SecretList,
)
from gateway.webhooks.receive import receive_webhook
from gateway.webhooks.remove import remove_endpoint
from gateway.webhooks.rotate import rotate_secret
from gateway.webhooks.sealing import seal, shown

router = APIRouter(tags=["webhooks"])


def _new_secret(keyring: Keyring, endpoint_id: UUID, now: datetime) -> Sealed:
    return seal(keyring, new_id(), endpoint_id, secrets.token_bytes(KEY_BYTES), now=now)


@router.post("/webhooks/endpoints", status_code=201, response_model=EndpointView)
async def post_endpoint(
    wanted: NewEndpoint,
    session: Fresh,
    key: IdempotencyKey,
    database: OpenDatabase,
    resources: OpenResources,
    keyring: OpenKeyring,
    now: Now,
) -> Response:
    """Have a program of yours told what concerns you, as it happens.

    Messages are signed as Standard Webhooks says; `GET .../secrets` gives the secret.
    """
    content = wanted.model_dump(mode="json")
    request = KeyedRequest(str(session.user.id), key, "POST /webhooks/endpoints", content)

    async def perform(conn: Connection) -> Answer:
        made = await add_endpoint(
            conn,
            session.user.id,
            wanted,
            now=now,
            sealed=_new_secret(keyring, new_id(), now),
            dev=resources.settings.env == "dev",
        )
        return Answer.of(201, made.model_dump(mode="json"))

    return await answer_once(database, request, perform)


@router.get("/webhooks/endpoints")
async def list_endpoints(session: LoggedIn, database: OpenDatabase) -> EndpointList:
    """Your endpoints; there are ten at most that are active."""
    async with database.connection() as conn:
        return EndpointList(endpoints=await queries.select_endpoints(conn, session.user.id))


@router.delete("/webhooks/endpoints/{endpoint_id}", status_code=204)
async def delete_endpoint(endpoint_id: UUID, session: LoggedIn, database: OpenDatabase) -> None:
    """Tell it nothing more; what was under way is not tried again."""
    async with database.transaction() as conn:
        await remove_endpoint(conn, session.user.id, endpoint_id)


@router.get("/webhooks/endpoints/{endpoint_id}/secrets")
async def list_secrets(
    endpoint_id: UUID,
    session: Fresh,
    database: OpenDatabase,
    keyring: OpenKeyring,
    response: Response,
    now: Now,
) -> SecretList:
    """What its messages are signed with; after a rotation two for a day."""
    response.headers["Cache-Control"] = "no-store"
    async with database.connection() as conn:
        found = await queries.select_secrets(conn, endpoint_id, session.user.id, now)
    if not found:
        raise NoSuchEndpoint(f"there is no endpoint {endpoint_id}")
    return SecretList(secrets=[shown(keyring, one) for one in found])


@router.post("/webhooks/endpoints/{endpoint_id}/rotate-secret", status_code=204)
async def post_rotation(
    endpoint_id: UUID,
    session: Fresh,
    key: IdempotencyKey,
    database: OpenDatabase,
    keyring: OpenKeyring,
    now: Now,
) -> Response:
    """Sign with a new secret from now on, and for a day with the last one, too."""
    route = f"POST /webhooks/endpoints/{endpoint_id}/rotate-secret"
    request = KeyedRequest(str(session.user.id), key, route, {})

    async def perform(conn: Connection) -> Answer:
        await rotate_secret(
            conn,
            session.user.id,
            endpoint_id,
            now=now,
            sealed=_new_secret(keyring, endpoint_id, now),
        )
        return Answer(204, b"")

    return await answer_once(database, request, perform)


@router.get("/webhooks/endpoints/{endpoint_id}/deliveries")
async def list_deliveries(
    endpoint_id: UUID,
    session: LoggedIn,
    database: OpenDatabase,
    state: DeliveryState | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryList:
    """What it was told within the last 30 days, newest first."""
    async with database.transaction() as conn:
        if not await queries.lock_endpoint(conn, endpoint_id, session.user.id):
            raise NoSuchEndpoint(f"there is no endpoint {endpoint_id}")
        found = await queries.select_deliveries(conn, endpoint_id, session.user.id, state, limit)
    return DeliveryList(deliveries=found)


@router.post(
    "/webhooks/deliveries/{delivery_id}/redrive",
    status_code=202,
    responses=document_of("It is told again", "null", status=202),
)
async def post_redrive(
    delivery_id: UUID, session: LoggedIn, database: OpenDatabase, now: Now
) -> None:
    """Tell it again, from the first try on. Repeating it while it is pending is refused.

    This POST takes no Idempotency-Key: repeating it while the delivery waits is refused, and later
    it is another wish: the receiver sees the same `webhook-id`.
    """
    async with database.transaction() as conn:
        if not await queries.redrive(conn, delivery_id, session.user.id, now):
            raise NoSuchDelivery(f"there is no delivery {delivery_id} that is done")


@router.post("/webhooks-in/{source}", status_code=204, dependencies=[ANYONE])
async def post_message(
    source: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")],
    request: Request,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> None:
    """Take a signed message of another program; one that came before is thanked for again.

    This POST takes no Idempotency-Key: the sender's `webhook-id` is one.
    """
    body = await request.body()
    async with database.transaction() as conn:
        await receive_webhook(
            conn,
            source,
            body,
            headers=request.headers,
            secrets=resources.settings.webhook_sources,
            now=now,
        )
