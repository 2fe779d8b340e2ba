"""How the commands that play a client find the gateway and log in."""

import asyncio
import getpass
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded.places import Places
from embedded.supervise.client import Client
from localex_client import LocalEx, ProblemError

AUTHORITY_VARIABLE = "LOCALEX_CA_FILE"
CODE_VARIABLE = "LOCALEX_CODE"
PASSWORD_VARIABLE = "LOCALEX_PASSWORD"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True)
class LogIn:
    """Who to be."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Whom to talk to, and who says that it is them."""

    url: str
    ca_file: Path | None = None

    def open(self, *, timeout_seconds: float = 15.0) -> LocalEx:
        """A client of it."""
        return LocalEx(self.url, timeout_seconds=timeout_seconds, ca_file=self.ca_file)


def find_gateway(places: Places, url: str | None) -> Gateway:
    """The gateway to talk to: the one named, else that of the stack that runs here.

    Whose certificate to believe for one that is named says `LOCALEX_CA_FILE`.

    Raises:
        NotRunning: None is named and nothing runs.
        LookupError: The stack runs without a gateway.
    """
    if url is not None:
        trusted = os.environ.get(AUTHORITY_VARIABLE)
        return Gateway(url.rstrip("/"), Path(trusted) if trusted else None)
    with Client(places) as client:
        status = client.status()
    if not status.get("gateway"):
        raise LookupError("the gateway is not up: see `localex status`")
    return gateway_of(status)


def gateway_of(status: dict[str, Any]) -> Gateway:
    """The gateway of a stack whose status was asked for."""
    trusted = status["authority"]
    return Gateway(status["gateway"], Path(trusted) if trusted else None)


def operator_log_in(places: Places) -> LogIn:
    """The first operator's log-in, from the environment or the data folder.

    Raises:
        LookupError: There is neither.
    """
    email = os.environ.get("GATEWAY_BOOTSTRAP_OPERATOR_EMAIL")
    password = os.environ.get("GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD")
    if email and password:
        return LogIn(email, password)
    try:
        kept = json.loads(places.operator_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LookupError(
            f"{places.operator_file} has no operator's log-in: start the stack with `localex up`, "
            "or set GATEWAY_BOOTSTRAP_OPERATOR_EMAIL and GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD"
        ) from error
    return LogIn(kept["email"], kept["password"])


def log_in_of(places: Places, email: str | None) -> LogIn:
    """The log-in of a person; the operator's when nobody is named.

    The password comes from `LOCALEX_PASSWORD`, or is asked for.

    Raises:
        LookupError: No password, and nobody to ask.
    """
    if email is None:
        return operator_log_in(places)
    password = os.environ.get(PASSWORD_VARIABLE)
    if not password and sys.stdin.isatty():
        password = getpass.getpass(f"Password of {email}: ")
    if not password:
        raise LookupError(f"no password for {email}: set {PASSWORD_VARIABLE}")
    return LogIn(email, password)


async def log_in(client: LocalEx, who: LogIn) -> None:
    """Open a session, with a second factor where the account has one.

    Its code comes from `LOCALEX_CODE`, or is asked for.

    Raises:
        LookupError: A code is needed, there is none, and nobody to ask.
        ProblemError: The password or the code is wrong.
    """
    try:
        await client.log_in(who.email, who.password)
    except ProblemError as problem:
        if problem.slug != "second-factor-needed":
            raise
        challenge = str(problem.facts["challenge"])
        code = await asyncio.to_thread(_code_of, who.email)
        await client.answer_challenge(challenge, code=code)


def _code_of(email: str) -> str:
    code = os.environ.get(CODE_VARIABLE)
    if not code and sys.stdin.isatty():
        code = input(f"Code of {email}'s authenticator app: ").strip()
    if not code:
        raise LookupError(f"{email} has a second factor: set {CODE_VARIABLE}")
    return code
