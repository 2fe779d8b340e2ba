"""People and sessions."""

from localex_client.models import Session, User
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

    async def log_in(self, email: str, password: str) -> Session:
        """Open a session and use its token from now on.

        Raises:
            ProblemError: The address or the password is wrong.
        """
        # The route takes no key; a repeat opens another session, so the key only allows the retry.
        answer = await self.ask(
            "POST", "/v1/sessions", json={"email": email, "password": password}, key=new_key()
        )
        session = Session.model_validate(answer)
        self.token = session.token
        return session

    async def log_out(self) -> None:
        """Close the session: its token is worth nothing from now on."""
        await self.ask("DELETE", "/v1/sessions/current")
        self.token = None

    async def me(self) -> User:
        """Who is logged in."""
        return User.model_validate(await self.ask("GET", "/v1/me"))
