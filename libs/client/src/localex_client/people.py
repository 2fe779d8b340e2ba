"""People and sessions."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from localex_client.models import OpenSession, Session, User
from localex_client.office_models import Roles
from localex_client.people_models import Departure, Profile
from localex_client.wire import Wire, new_key


class People(Wire):
    """Calls about people and sessions."""

    async def register(
        self,
        email: str,
        password: str,
        display_name: str,
        *,
        community: str | None = None,
        key: str | None = None,
    ) -> User:
        """Join a community.

        Raises:
            ProblemError: The address is taken, or a field is malformed.
        """
        body = {
            "email": email,
            "password": password,
            "display_name": display_name,
            "community": community,
        }
        return User.model_validate(await self.write("/v1/users", body, key))

    async def log_in(self, login: str, password: str) -> Session:
        """Open a session by e-mail or phone, and use its token from now on.

        Raises:
            ProblemError: The address or the password is wrong; or `second-factor-needed`, whose
                `facts["challenge"]` is answered by `answer_challenge`; or `you-are-leaving`, whose
                `facts["challenge"]` is for `stay`.
        """
        kind = "phone" if login.lstrip().startswith("+") else "email"
        return await self._open("/v1/sessions", {kind: login, "password": password})

    async def answer_challenge(
        self, challenge: str, *, code: str | None = None, recovery_code: str | None = None
    ) -> Session:
        """Log in with the second factor after the password.

        Raises:
            ProblemError: The code is wrong or was used, or the challenge is over.
        """
        body = {"challenge": challenge, "code": code, "recovery_code": recovery_code}
        return await self._open("/v1/sessions/second-factor", body)

    async def step_up(
        self,
        *,
        password: str | None = None,
        code: str | None = None,
        recovery_code: str | None = None,
        passkey: Mapping[str, Any] | None = None,
        challenge: str | None = None,
    ) -> Session:
        """Show again that it is you, for what needs it; the new token is used from now on.

        Args:
            password: Where there is no second factor.
            code: Of an authenticator app.
            recovery_code: One that was written down.
            passkey: What an authenticator answered, as a browser's `toJSON()` gives it.
            challenge: That it answered, of `pose_passkey`.

        Raises:
            ProblemError: It is wrong, or a password where a second factor is needed.
        """
        body = {"password": password, "code": code, "recovery_code": recovery_code}
        return await self._open(
            "/v1/sessions/current/step-up", {**body, "passkey": passkey, "challenge": challenge}
        )

    async def _open(self, path: str, body: Mapping[str, Any]) -> Session:
        # No such route takes a key. To repeat a log-in opens another session, which harms nothing;
        # what is good once is sent once.
        key = new_key() if path == "/v1/sessions" else None
        said = {name: value for name, value in body.items() if value is not None}
        session = Session.model_validate(await self.ask("POST", path, json=said, key=key))
        self.token = session.token
        return session

    async def sessions(self) -> list[OpenSession]:
        """Where one is logged in, the last used first."""
        answer = await self.ask("GET", "/v1/sessions")
        return [OpenSession.model_validate(one) for one in answer["sessions"]]

    async def end_session(self, session_id: UUID) -> None:
        """Log out one device.

        Raises:
            ProblemError: One has no such session.
        """
        await self.ask("DELETE", f"/v1/sessions/{session_id}")

    async def end_other_sessions(self) -> None:
        """Log out everywhere else."""
        await self.ask("DELETE", "/v1/sessions")

    async def profile(self) -> Profile:
        """What one has said of oneself, and how far one has come."""
        return Profile.model_validate(await self.ask("GET", "/v1/me/profile"))

    async def change_profile(self, *, key: str | None = None, **changes: Any) -> Profile:
        """Change what one says of oneself; what is left out stays.

        Raises:
            ProblemError: A field is malformed.
        """
        path = "/v1/me/profile"
        answer = await self.ask("PATCH", path, json=changes, key=key or new_key())
        return Profile.model_validate(answer)

    async def leave(self) -> Departure:
        """Close one's access; what was traded stays in the books. Says when one is erased.

        Raises:
            ProblemError: The session was not strengthened lately, something is open, or one is the
                last administrator.
        """
        departure = Departure.model_validate(await self.ask("DELETE", "/v1/me"))
        self.token = None
        return departure

    async def stay(self, challenge: str) -> Session:
        """Take back that one has left, and be logged in.

        Args:
            challenge: Of the problem `you-are-leaving`, as `log_in` was answered with.

        Raises:
            ProblemError: The challenge is over or used, or one is erased.
        """
        return await self._open("/v1/sessions/stay", {"challenge": challenge})

    async def change_roles(
        self,
        user_id: UUID,
        *,
        grant: Sequence[str] = (),
        revoke: Sequence[str] = (),
        reason: str,
        key: str | None = None,
    ) -> list[str]:
        """Give roles and take them away, as an administrator; the person's roles now.

        Raises:
            ProblemError: One is no administrator, or nothing would change.
        """
        body = {"grant": list(grant), "revoke": list(revoke), "reason": reason}
        answer = await self.write(f"/v1/users/{user_id}/roles", body, key)
        return [str(role) for role in answer["roles"]]

    async def log_out(self) -> None:
        """Close the session: its token is worth nothing from now on."""
        await self.ask("DELETE", "/v1/sessions/current")
        self.token = None

    async def me(self) -> User:
        """Who is logged in."""
        return User.model_validate(await self.ask("GET", "/v1/me"))

    async def roles(self, user_id: UUID) -> Roles:
        """A person's roles, and who changed them, when and why. Administrators only.

        Raises:
            ProblemError: No `reason` is set for a look at another.
        """
        return Roles.model_validate(await self.ask("GET", f"/v1/users/{user_id}/roles"))

    async def log_out_person(self, user_id: UUID, reason: str, *, key: str | None = None) -> int:
        """End all sessions of somebody; their API keys stay. Administrators only.

        Returns:
            How many were ended.
        """
        answer = await self.write(f"/v1/users/{user_id}/log-outs", {"reason": reason}, key)
        return int(answer["ended"])
