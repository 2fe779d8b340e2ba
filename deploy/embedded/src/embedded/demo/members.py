"""Two members to begin with: in development a new stack has somebody to log in as."""

import json
import secrets
from typing import Final

from embedded.account import write_file
from embedded.connecting import Gateway
from embedded.places import Places
from embedded.settings import read_settings
from localex_client import LocalEx, ProblemError

_NAMES: Final = ("Ana", "Ben")
_TAKEN: Final = "email-taken"

type Member = dict[str, str]


async def ensure_members(places: Places, gateway: Gateway) -> None:
    """Register them through the API; who is there stays as they are.

    Their log-ins are in the data folder. Outside development nobody is made up.

    Raises:
        ProblemError: The gateway refuses them.
        Unreachable: It does not answer.
    """
    if read_settings(places.settings_file)["LOCALEX_ENV"] != "dev":
        return
    if not places.members_file.exists():
        # Written before they register: a start that is broken off goes on with the same passwords.
        write_file(places.members_file, json.dumps(list(map(_make_up, _NAMES)), indent=2) + "\n")
    members: list[Member] = json.loads(places.members_file.read_text(encoding="utf-8"))
    async with gateway.open() as client:
        for member in members:
            await _register(client, member)


def _make_up(name: str) -> Member:
    email = f"{name.lower()}@localex.test"
    return {"name": name, "email": email, "password": secrets.token_urlsafe(18)}


async def _register(client: LocalEx, member: Member) -> None:
    try:
        await client.register(member["email"], member["password"], member["name"])
    except ProblemError as problem:
        if problem.slug != _TAKEN:
            raise
