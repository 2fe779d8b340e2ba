"""Second factors, codes by e-mail and SMS, and API keys."""

from collections.abc import Sequence
from uuid import UUID

from localex_client.models import Session
from localex_client.people_models import ApiKey, SecondFactors, Totp
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
