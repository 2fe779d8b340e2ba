"""`POST /users`."""

import contextlib
import hashlib

from fastapi import APIRouter, Response

from chassis.access import ANYONE
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.resources import Now, OpenDatabase, OpenResources
from gateway.communities.registrations.lifecycle import TAKEN, address_subject
from gateway.sessions.access import FromDevice
from gateway.sessions.errors import TooManyAttempts
from gateway.sessions.slow_down import slow_down
from gateway.sessions.wait import check_wait
from gateway.users.check_password import check_password
from gateway.users.errors import EmailTaken
from gateway.users.models import Registration, UserView
from gateway.users.passwords import Passwords
from gateway.users.register import NewUser, register_user

router = APIRouter(tags=["users"])


@router.post("/users", status_code=201, response_model=UserView, dependencies=[ANYONE])
async def register(
    registration: Registration,
    key: IdempotencyKey,
    device: FromDevice,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> Response:
    """Join a community. Log in afterwards with `POST /sessions`.

    An address is told `email-taken` about twenty times an hour; then nobody registers from there
    until it has waited.
    """
    subject = address_subject(device.address)
    async with database.connection() as conn:
        await check_wait(conn, subject, TAKEN, now=now)
    passwords: Passwords = resources.extra["passwords"]
    password = registration.password.get_secret_value()
    await check_password(
        resources.extra["breached"],
        password,
        known=(registration.email, registration.display_name),
    )
    owner = f"anonymous:{hashlib.sha256(registration.email.encode()).hexdigest()}"
    content = registration.model_dump(mode="json", exclude={"password", "email"})
    # A quick hash of a password must not be stored, and a repeat with another one must be seen.
    content["password"] = await passwords.fingerprint(password, f"{owner} {key}")
    wanted = NewUser(
        email=registration.email,
        password_hash=await passwords.hash(password),
        display_name=registration.display_name,
        community=registration.community or resources.settings.home_community,
    )

    async def perform(conn: Connection) -> Answer:
        user = await register_user(conn, wanted, now=now)
        return Answer.of(201, user.view().model_dump(mode="json"))

    try:
        request = KeyedRequest(owner, key, "POST /users", content)
        return await answer_once(database, request, perform)
    except EmailTaken:
        # What others counted meanwhile must not turn this answer into another one.
        with contextlib.suppress(TooManyAttempts):
            async with database.transaction() as conn:
                await slow_down(conn, subject, TAKEN, now=now)
        raise
