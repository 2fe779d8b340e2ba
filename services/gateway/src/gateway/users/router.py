"""`POST /users`."""

import hashlib

from fastapi import APIRouter, Response

from chassis.access import ANYONE
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.resources import Now, OpenDatabase, OpenResources
from gateway.users.check_password import check_password
from gateway.users.models import Registration, UserView
from gateway.users.passwords import Passwords
from gateway.users.register import NewUser, register_user

router = APIRouter(tags=["users"])


@router.post("/users", status_code=201, response_model=UserView, dependencies=[ANYONE])
async def register(
    registration: Registration,
    key: IdempotencyKey,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> Response:
    """Join a community. Log in afterwards with `POST /sessions`."""
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

    return await answer_once(database, KeyedRequest(owner, key, "POST /users", content), perform)
