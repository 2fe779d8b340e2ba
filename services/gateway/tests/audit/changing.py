"""Every route of the gateway that changes something: how it is called, and what is told of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from uuid import uuid4

from services.gateway.tests.conftest import PASSWORD, settled
from services.gateway.tests.two_factor.conftest import Person
from services.gateway.tests.verification.test_router import Post

WHY: Final = "the papers of 3 May were seen"
OTHER: Final = "another long sentence"


@dataclass
class Stage:
    """Who acts, and on whom.

    Attributes:
        ana: Somebody who is logged in.
        admin: The token of the first administrator.
    """

    ana: Person
    admin: str

    async def do(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """Ask for something that is done; what is answered."""
        response, answer = await self.ana.gateway.send(
            method,
            f"/v1{path}",
            json=body,
            token=token or self.ana.token or None,
            headers={"Idempotency-Key": uuid4().hex},
        )
        assert response.status < 300, answer
        return answer

    async def told(self, path: str, body: Any, **options: Any) -> Any:
        """The document of a refusal."""
        token = options.get("token", self.ana.token) or None
        response, problem = await self.ana.gateway.send(
            "POST", f"/v1{path}", json=body, token=token
        )
        assert response.status >= 400
        return problem

    async def me(self) -> str:
        """Ana's id."""
        found: str = (await self.do("GET", "/me"))["id"]
        return found

    async def code(self, to: str, count: int = 1) -> str:
        """The code in the newest of so many letters to an address."""
        ana = self.ana
        return await Post(ana.gateway, ana.clock, ana.email, ana.token).code(to, count)

    async def made_key(self) -> Any:
        """An API key of Ana's."""
        return await self.do("POST", "/me/api-keys", {"name": "shop", "scopes": ["items:read"]})

    async def made_endpoint(self) -> str:
        """A webhook endpoint of Ana's."""
        body = {"url": "https://shop.example/hook"}
        made: str = (await self.do("POST", "/webhooks/endpoints", body))["id"]
        return made

    async def kept_field(self) -> None:
        """Something in Ana's vault."""
        await self.do("PUT", "/me/vault/legal_name", {"value": "Ana Lima"})


type Doing = Callable[[Stage], Awaitable[object]]


class Told(NamedTuple):
    """What a route tells of what it does.

    Attributes:
        action: The act.
        do: Calls the route, so that it does it.
        changes: Whether something was there before, which the act tells.
        actor: Whether it is known who acts.
    """

    action: str
    do: Doing
    changes: bool = True
    actor: bool = True


async def _community(stage: Stage) -> str:
    slug = f"town-{uuid4().hex[:8]}"
    await stage.do("POST", "/communities", {"slug": slug, "name": "A town"}, token=stage.admin)
    return slug


async def _close(stage: Stage) -> None:
    path = f"/communities/{await _community(stage)}/close"
    await stage.do("POST", path, {"reason": WHY}, token=stage.admin)


async def _leave(stage: Stage) -> None:
    stage.ana.gateway.upstream.answer = settled
    await stage.do("DELETE", "/me")


async def _stay(stage: Stage) -> None:
    await _leave(stage)
    _, asked = await stage.ana.log_in()
    await stage.do("POST", "/sessions/stay", {"challenge": asked["challenge"]})


async def _rotate_key(stage: Stage) -> None:
    await stage.do("POST", f"/me/api-keys/{(await stage.made_key())['id']}/rotate", {})


async def _revoke_key(stage: Stage) -> None:
    await stage.do("DELETE", f"/me/api-keys/{(await stage.made_key())['id']}")


async def _program(stage: Stage) -> Any:
    key = (await stage.made_key())["key"]
    return await stage.do("POST", "/sessions/program", token=key)


async def _reuse(stage: Stage) -> None:
    used = {"refresh_token": (await _program(stage))["refresh_token"]}
    stage.ana.token = ""
    await stage.do("POST", "/sessions/refresh", used)
    await stage.told("/sessions/refresh", used, token="")


async def _enrol_passkey(stage: Stage) -> None:
    response, _ = await stage.ana.enrol_passkey()
    assert response.status == 201


async def _remove_passkey(stage: Stage) -> None:
    await _enrol_passkey(stage)
    [one] = (await stage.do("GET", "/me/second-factor"))["passkeys"]
    await stage.do("DELETE", f"/me/passkeys/{one['id']}")


async def _password(stage: Stage) -> None:
    await stage.do("POST", "/me/password", {"current": PASSWORD, "password": OTHER})


async def _wrong_password(stage: Stage) -> None:
    await stage.told("/me/password", {"current": OTHER, "password": OTHER})


async def _reset(stage: Stage) -> None:
    await stage.do("POST", "/users/password-resets", {"email": stage.ana.email})
    shown = {"email": stage.ana.email, "code": await stage.code(stage.ana.email)}
    stage.ana.token = ""
    await stage.do("POST", "/users/password-resets/confirm", {**shown, "password": OTHER})


async def _codes(stage: Stage) -> None:
    await stage.ana.enrol_app()
    shown = {"recovery_code": stage.ana.codes[0]}
    stage.ana.token = (await stage.do("POST", "/sessions/current/step-up", shown))["token"]
    await stage.do("POST", "/me/second-factor/recovery-codes")


async def _remove_app(stage: Stage) -> None:
    await stage.ana.enrol_app()
    await stage.do("DELETE", "/me/second-factor/totp")


async def _erase(stage: Stage) -> None:
    await stage.kept_field()
    await stage.do("DELETE", "/me/vault")


async def _forget(stage: Stage) -> None:
    await stage.kept_field()
    await stage.do("DELETE", "/me/vault/legal_name")


async def _keep_again(stage: Stage) -> None:
    await stage.kept_field()
    await stage.kept_field()


async def _other_email(stage: Stage) -> None:
    email = f"{uuid4().hex}@example.org"
    await stage.do("POST", "/me/verifications", {"email": email})
    shown = {"email": email, "code": await stage.code(email)}
    await stage.do("POST", "/me/verifications/confirm", shown)


async def _log_in(stage: Stage) -> None:
    await stage.ana.log_in()


async def _end_one(stage: Stage) -> None:
    kept = replace(stage.ana)
    _, other = await kept.log_in()
    listed = (await stage.do("GET", "/sessions", token=other["token"]))["sessions"]
    [old] = [one["id"] for one in listed if not one["current"]]
    await stage.do("DELETE", f"/sessions/{old}", token=other["token"])


async def _step_up(stage: Stage) -> None:
    await stage.do("POST", "/sessions/current/step-up", {"password": PASSWORD})


async def _second_factor(stage: Stage) -> None:
    await stage.ana.enrol_app()
    _, asked = await stage.ana.log_in()
    response, _ = await stage.ana.answer(asked["challenge"], code=stage.ana.code())
    assert response.status == 201


async def _wrong_factor(stage: Stage) -> None:
    await stage.ana.enrol_app()
    _, asked = await stage.ana.log_in()
    response, _ = await stage.ana.answer(asked["challenge"], code="000000")
    assert response.status == 401


async def _wrong_step_up(stage: Stage) -> None:
    await stage.told("/sessions/current/step-up", {"password": OTHER})


async def _register(stage: Stage) -> None:
    await stage.ana.gateway.register()


async def _check(stage: Stage) -> None:
    path = f"/users/{await stage.me()}/compliance/KYC/checks"
    await stage.do("POST", path, {"reason": WHY}, token=stage.admin)


async def _log_out_person(stage: Stage) -> None:
    path = f"/users/{await stage.me()}/log-outs"
    await stage.do("POST", path, {"reason": WHY}, token=stage.admin)


async def _roles(stage: Stage) -> None:
    path = f"/users/{await stage.me()}/roles"
    await stage.do("POST", path, {"grant": ["VENDOR"], "reason": WHY}, token=stage.admin)


async def _rotate_secret(stage: Stage) -> None:
    await stage.do("POST", f"/webhooks/endpoints/{await stage.made_endpoint()}/rotate-secret")


async def _remove_endpoint(stage: Stage) -> None:
    await stage.do("DELETE", f"/webhooks/endpoints/{await stage.made_endpoint()}")


def _plainly(method: str, path: str) -> Doing:
    async def do(stage: Stage) -> None:
        await stage.do(method, path)

    return do


#: Each with the act that it leaves.
ACTS: Final = {
    "POST /v1/communities": Told("community.opened", _community, changes=False),
    "POST /v1/communities/{slug}/{what}": Told("community.closed", _close),
    "DELETE /v1/me": Told("user.left", _leave, changes=False),
    "POST /v1/me/api-keys": Told("api_key.made", Stage.made_key, changes=False),
    "POST /v1/me/api-keys/{key_id}/rotate": Told("api_key.rotated", _rotate_key),
    "DELETE /v1/me/api-keys/{key_id}": Told("api_key.revoked", _revoke_key),
    "POST /v1/me/passkeys": Told("second_factor.passkey_added", _enrol_passkey),
    "DELETE /v1/me/passkeys/{passkey_id}": Told("second_factor.passkey_removed", _remove_passkey),
    "POST /v1/me/password": Told("password.changed", _password),
    "POST /v1/me/second-factor/recovery-codes": Told("second_factor.recovery_codes_made", _codes),
    "DELETE /v1/me/second-factor/totp": Told("second_factor.app_removed", _remove_app),
    "POST /v1/me/second-factor/totp/confirm": Told(
        "second_factor.app_added", lambda stage: stage.ana.enrol_app()
    ),
    "DELETE /v1/me/vault": Told("vault.erased", _erase),
    "DELETE /v1/me/vault/{field}": Told("vault.forgotten", _forget),
    "PUT /v1/me/vault/{field}": Told("vault.kept", _keep_again),
    "POST /v1/me/verifications/confirm": Told("identity.changed", _other_email),
    "DELETE /v1/sessions": Told("sessions.ended", _plainly("DELETE", "/sessions"), changes=False),
    "POST /v1/sessions": Told("session.opened", _log_in, changes=False),
    "DELETE /v1/sessions/current": Told("session.ended", _plainly("DELETE", "/sessions/current")),
    "POST /v1/sessions/current/step-up": Told("session.ended", _step_up),
    "POST /v1/sessions/program": Told("program_session.opened", _program, changes=False),
    "POST /v1/sessions/refresh": Told("refresh_token.reused", _reuse, actor=False),
    "POST /v1/sessions/second-factor": Told("session.opened", _second_factor, changes=False),
    "POST /v1/sessions/stay": Told("user.stayed", _stay),
    "DELETE /v1/sessions/{session_id}": Told("session.ended", _end_one),
    "POST /v1/users": Told("user.registered", _register, changes=False, actor=False),
    "POST /v1/users/password-resets/confirm": Told("password.reset", _reset),
    "POST /v1/users/{user_id}/compliance/{kind}/checks": Told(
        "compliance.pending", _check, changes=False
    ),
    "POST /v1/users/{user_id}/log-outs": Told("sessions.ended", _log_out_person, changes=False),
    "POST /v1/users/{user_id}/roles": Told("user.roles_changed", _roles),
    "POST /v1/webhooks/endpoints": Told("webhook.made", Stage.made_endpoint, changes=False),
    "DELETE /v1/webhooks/endpoints/{endpoint_id}": Told("webhook.removed", _remove_endpoint),
    "POST /v1/webhooks/endpoints/{endpoint_id}/rotate-secret": Told(
        "webhook.secret_rotated", _rotate_secret
    ),
}
#: What is refused and told all the same.
REFUSALS: Final = {
    "a wrong second factor": Told(
        "second_factor.refused", _wrong_factor, changes=False, actor=False
    ),
    "a wrong step-up": Told("second_factor.refused", _wrong_step_up, changes=False),
    "a wrong password before another": Told("password.refused", _wrong_password, changes=False),
}
