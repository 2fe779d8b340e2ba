"""HTTP edge of the vault: people keep, read and delete their own; operators read with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.problems import Transient
from chassis.resources import Now, OpenDatabase, OpenResources
from gateway.sessions.access import Fresh, LoggedIn, LoggedInOperator
from gateway.vault.erase import erase_vault
from gateway.vault.errors import NoSuchField
from gateway.vault.forget import forget_field
from gateway.vault.keep import keep_field
from gateway.vault.keyring import Keyring
from gateway.vault.lifecycle import check_field
from gateway.vault.models import (
    FieldView,
    KeepBody,
    Reader,
    ReadingBody,
    ReadingView,
    ValueView,
    VaultView,
)
from gateway.vault.read import read_fields
from gateway.vault.show import show_vault

router = APIRouter(tags=["vault"])

Field = Annotated[str, Path(pattern=r"^[a-z][a-z_]{1,40}$")]


async def _open_keyring(resources: OpenResources) -> Keyring:
    keyring: Keyring | None = resources.extra["keyring"]
    if keyring is None:
        raise Transient("the vault has no keys", retry_after_seconds=60)
    return keyring


OpenKeyring = Annotated[Keyring, Depends(_open_keyring)]


@router.get("/me/vault")
async def show_own(session: LoggedIn, database: OpenDatabase) -> VaultView:
    """What is kept of oneself, without what is in it."""
    async with database.connection() as conn:
        return await show_vault(conn, session.user.id)


@router.get("/me/vault/{field}")
async def read_own(
    field: Field,
    session: LoggedIn,
    database: OpenDatabase,
    keyring: OpenKeyring,
    response: Response,
) -> ValueView:
    """What is in one's own field."""
    response.headers["Cache-Control"] = "no-store"
    check_field(field)
    me = Reader(session.user.id, session.user.roles, "")
    async with database.transaction() as conn:
        found = await read_fields(conn, keyring, session.user.id, [field], me)
    if not found:
        raise NoSuchField(f"no {field} is kept")
    return found[0]


@router.put("/me/vault/{field}", response_model=FieldView)
async def put_own(
    field: Field,
    body: KeepBody,
    session: LoggedIn,
    key: IdempotencyKey,
    database: OpenDatabase,
    keyring: OpenKeyring,
    now: Now,
) -> Response:
    """Keep a value, encrypted under one's own key, in place of the one before."""
    user_id, value = session.user.id, body.value.get_secret_value()
    # Neither the value nor a hash of it that could be guessed is kept with the answer.
    content = {"field": field, "value": keyring.fingerprint(str(user_id), field, value)}
    request = KeyedRequest(str(user_id), key, "PUT /v1/me/vault/{field}", content)

    async def perform(conn: Connection) -> Answer:
        kept = await keep_field(conn, keyring, user_id, field, value, now=now)
        return Answer.of(200, kept.model_dump(mode="json"))

    return await answer_once(database, request, perform)


@router.delete("/me/vault/{field}", status_code=204)
async def delete_own(
    field: Field, session: LoggedIn, key: IdempotencyKey, database: OpenDatabase
) -> Response:
    """Delete a field of one's own."""
    user_id = session.user.id
    request = KeyedRequest(str(user_id), key, "DELETE /v1/me/vault/{field}", {"field": field})

    async def perform(conn: Connection) -> Answer:
        await forget_field(conn, user_id, field)
        return Answer(204, b"")

    return await answer_once(database, request, perform)


@router.delete("/me/vault", response_model=VaultView)
async def erase_own(
    session: Fresh,
    key: IdempotencyKey,
    database: OpenDatabase,
    keyring: OpenKeyring,
    now: Now,
) -> Response:
    """Erase one's vault for good: its key is destroyed, and no other will be made.

    As it cannot be undone, the session shows again who asks.
    """
    user_id = session.user.id
    request = KeyedRequest(str(user_id), key, "DELETE /v1/me/vault", {})

    async def perform(conn: Connection) -> Answer:
        erased_at = await erase_vault(conn, keyring, user_id, now=now)
        view = VaultView(fields=[], erased_at=erased_at)
        return Answer.of(200, view.model_dump(mode="json"))

    return await answer_once(database, request, perform)


@router.post("/users/{user_id}/vault/readings")
async def read_anothers(
    user_id: UUID,
    body: ReadingBody,
    session: LoggedInOperator,
    database: OpenDatabase,
    keyring: OpenKeyring,
    response: Response,
) -> ReadingView:
    """Read fields of another person, with a reason that they will see. Operators only.

    This POST takes no Idempotency-Key: to repeat the answer, what was read would have to be stored.
    Repeating it is another look, and is written down as one.
    """
    response.headers["Cache-Control"] = "no-store"
    reader = Reader(session.user.id, session.user.roles, body.reason)
    async with database.transaction() as conn:
        values = await read_fields(conn, keyring, user_id, body.fields, reader)
    return ReadingView(user_id=user_id, values=values)
