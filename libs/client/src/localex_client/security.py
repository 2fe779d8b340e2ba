"""Second factors, codes by e-mail and SMS, and API keys."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from localex_client.models import Session
from localex_client.people_models import (
    ApiKey,
    Identity,
    PasskeyChallenge,
    ProgramSession,
    SecondFactors,
    Totp,
)
from localex_client.wire import Wire


class Security(Wire):
    """Calls about how one shows who one is. None is repeated by itself: answers are shown once.

    What changes something needs a session that was strengthened lately: see `step_up`.
    """

    async def ask_code(self, email: str) -> None:
        """Have a code sent to an address that is to be one's own.

        Raises:
            ProblemError: One was sent lately, or the session was not strengthened lately.
        """
        await self.ask("POST", "/v1/me/verifications", json={"email": email})

    async def show_code(self, email: str, code: str) -> None:
        """Show that the address is one's own, by the code that was sent there.

        Raises:
            ProblemError: The code is wrong or over.
        """
        body = {"email": email, "code": code}
        await self.ask("POST", "/v1/me/verifications/confirm", json=body)

    async def second_factors(self) -> SecondFactors:
        """What one can show besides the password."""
        return SecondFactors.model_validate(await self.ask("GET", "/v1/me/second-factor"))

    async def begin_totp(self) -> Totp:
        """A secret for an authenticator app; it counts when it is confirmed.

        Raises:
            ProblemError: There is one, or the session was not strengthened lately.
        """
        return Totp.model_validate(await self.ask("POST", "/v1/me/second-factor/totp"))

    async def confirm_totp(self, code: str) -> list[str]:
        """Confirm the app; the new session is used from now on.

        Returns:
            Recovery codes to write down, if there were none.

        Raises:
            ProblemError: The code is wrong.
        """
        path = "/v1/me/second-factor/totp/confirm"
        answer = await self.ask("POST", path, json={"code": code})
        self.token = Session.model_validate(answer["session"]).token
        return [str(one) for one in answer["recovery_codes"]]

    async def remove_totp(self) -> None:
        """Take the authenticator app away."""
        await self.ask("DELETE", "/v1/me/second-factor/totp")

    async def ask_password_reset(self, email: str) -> None:
        """Ask for a code to set a new password; the answer does not tell who is known."""
        await self.ask("POST", "/v1/users/password-resets", json={"email": email})

    async def reset_password(self, email: str, code: str, password: str) -> None:
        """Show the code and set a new password. All sessions end.

        Raises:
            ProblemError: The code is wrong or over, or the password is easy to guess.
        """
        body = {"email": email, "code": code, "password": password}
        await self.ask("POST", "/v1/users/password-resets/confirm", json=body)

    async def make_api_key(self, name: str, scopes: Sequence[str], *, days: int = 90) -> ApiKey:
        """A key for a program, shown this once.

        Raises:
            ProblemError: A scope is unknown, or there are too many keys.
        """
        body = {"name": name, "scopes": list(scopes), "days": days}
        return ApiKey.model_validate(await self.ask("POST", "/v1/me/api-keys", json=body))

    async def api_keys(self) -> list[ApiKey]:
        """One's open keys, the newest first."""
        answer = await self.ask("GET", "/v1/me/api-keys")
        return [ApiKey.model_validate(one) for one in answer["api_keys"]]

    async def rotate_api_key(self, key_id: UUID, *, overlap_hours: int = 24) -> ApiKey:
        """A new key in place of an old one, which goes on for an overlap.

        Raises:
            ProblemError: One has no such key, or it was rotated before.
        """
        path, body = f"/v1/me/api-keys/{key_id}/rotate", {"overlap_hours": overlap_hours}
        return ApiKey.model_validate(await self.ask("POST", path, json=body))

    async def revoke_api_key(self, key_id: UUID) -> None:
        """End a key at once, with every session that was opened by it.

        Raises:
            ProblemError: One has no such key.
        """
        await self.ask("DELETE", f"/v1/me/api-keys/{key_id}")

    async def remake_recovery_codes(self) -> list[str]:
        """Ten new recovery codes to write down; those before are worth nothing.

        Raises:
            ProblemError: There is no second factor, or the session was not strengthened lately.
        """
        answer = await self.ask("POST", "/v1/me/second-factor/recovery-codes")
        return [str(one) for one in answer["recovery_codes"]]

    async def pose_passkey(self) -> PasskeyChallenge:
        """A challenge for one of one's passkeys, to step up with.

        Raises:
            ProblemError: One has none.
        """
        return PasskeyChallenge.model_validate(
            await self.ask("POST", "/v1/sessions/current/challenge")
        )

    async def begin_passkey(self) -> PasskeyChallenge:
        """A challenge for an authenticator to make a passkey.

        Raises:
            ProblemError: The session was not strengthened lately.
        """
        return PasskeyChallenge.model_validate(await self.ask("POST", "/v1/me/passkeys/challenge"))

    async def add_passkey(
        self, challenge: str, name: str, credential: Mapping[str, Any]
    ) -> list[str]:
        """Register what the authenticator made; the new session is used from now on.

        Args:
            challenge: Of `begin_passkey`.
            name: One's own for it.
            credential: As a browser's `toJSON()` gives it.

        Returns:
            Recovery codes to write down, if there were none.

        Raises:
            ProblemError: It does not answer the challenge.
        """
        body = {"challenge": challenge, "name": name, "credential": dict(credential)}
        answer = await self.ask("POST", "/v1/me/passkeys", json=body)
        self.token = Session.model_validate(answer["session"]).token
        return [str(one) for one in answer["recovery_codes"]]

    async def remove_passkey(self, passkey_id: UUID) -> None:
        """Take a passkey away; one's other sessions end.

        Raises:
            ProblemError: One has no such passkey.
        """
        await self.ask("DELETE", f"/v1/me/passkeys/{passkey_id}")

    async def identities(self) -> list[Identity]:
        """What one logs in with."""
        answer = await self.ask("GET", "/v1/me/identities")
        return [Identity.model_validate(one) for one in answer["identities"]]

    async def change_password(self, current: str, password: str) -> Session:
        """Set another password. All sessions end; the new one is used from now on.

        Raises:
            ProblemError: The current one is wrong, or the new one is easy to guess.
        """
        body = {"current": current, "password": password}
        session = Session.model_validate(await self.ask("POST", "/v1/me/password", json=body))
        self.token = session.token
        return session

    async def begin_program(self, api_key: str) -> ProgramSession:
        """Open a session of a quarter of an hour by a key, and use it from now on.

        Raises:
            ProblemError: The key is over.
        """
        self.token = api_key
        return self._use(await self.ask("POST", "/v1/sessions/program"))

    async def renew_program(self, refresh_token: str) -> ProgramSession:
        """Go on with a new pair of tokens. Shown twice, a refresh token ends all of its family.

        Raises:
            ProblemError: It was used, or is over: begin again with the key.
        """
        body = {"refresh_token": refresh_token}
        return self._use(await self.ask("POST", "/v1/sessions/refresh", json=body))

    def _use(self, answer: Any) -> ProgramSession:
        session = ProgramSession.model_validate(answer)
        self.token = session.token
        return session
