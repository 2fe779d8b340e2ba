"""Problems of sessions."""

from chassis.problems import Forbidden, Missing, TooMany, Unauthenticated


class WrongCredentials(Unauthenticated):
    """E-mail, phone or password is wrong; it is not told which."""

    title = "E-mail or password is wrong"


class TooManyAttempts(TooMany):
    """Too many attempts failed, for this account or from this address."""

    title = "Too many attempts failed"


class NoSuchSession(Missing):
    """The caller has no open session with this id."""

    title = "You have no such session"


class EnrolFirst(Forbidden):
    """Operators and administrators use their power with a second factor only."""

    title = "Enrol a second factor first"

    def __init__(self) -> None:
        """Say how."""
        super().__init__(
            "operators and administrators need a second factor: enrol an authenticator app with "
            "POST /v1/me/second-factor/totp and confirm it, or a passkey with POST "
            "/v1/me/passkeys/challenge; go on with the token that the last step answers",
            enrol=["/v1/me/second-factor/totp", "/v1/me/passkeys/challenge"],
        )
