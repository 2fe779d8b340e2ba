"""Checks come to something, expire, and are overridden by two people only; the ledger is told."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from chassis.clock import FixedClock
from chassis.timers import TimerWorker
from gateway.compliance.check import CheckDue
from gateway.compliance.lifecycle import GOOD_FOR, decide, recheck_at, restricts
from gateway.compliance.models import Check, Finding
from gateway.compliance.provider import ProviderAway, Simulator
from gateway.compliance.start import DUE
from gateway.users.passwords import Passwords
from gateway.users.register import NewUser, register_user
from services.gateway.tests.conftest import OPERATOR, PASSWORD, Gateway
from tests.stack.database import ScratchDatabase

WHY = "the yearly look at everybody"
SECOND = "second.operator@localex.test"


@pytest.fixture(scope="module")
async def operator(gateway: Gateway) -> str:
    """The first operator's session."""
    _, session = await gateway.log_in(*OPERATOR)
    return str(session["token"])


@pytest.fixture(scope="module")
async def second(gateway: Gateway) -> tuple[str, str]:
    """Another operator's id and session."""
    wanted = NewUser(
        SECOND, await Passwords().hash(PASSWORD), "Second", "riverside", ("MEMBER", "OPERATOR")
    )
    async with gateway.resources.database.transaction() as conn:
        user = await register_user(conn, wanted, now=gateway.resources.clock.now())
    _, session = await gateway.log_in(SECOND)
    return str(user.id), session["token"]


class Moving(Simulator):
    """A simulator that can be away."""

    away = False

    async def check(self, user_id: UUID, shown_as: str, kind: Any) -> Finding:
        """As the simulator, or nothing."""
        if self.away:
            raise ProviderAway("closed today")
        return await super().check(user_id, shown_as, kind)


@pytest.fixture
def provider() -> Moving:
    """Whoever checks people."""
    return Moving()


async def fire(gateway: Gateway, provider: Moving, at: datetime) -> int:
    """Fire what is due at a time."""
    handlers = {DUE: CheckDue(provider)}
    return await TimerWorker(gateway.resources.database, FixedClock(at), handlers).fire_due()


async def named(gateway: Gateway, name: str = "Ana") -> tuple[str, str]:
    """Somebody who shows a name; id and session."""
    email = f"{uuid4().hex}@example.org"
    _, user = await gateway.register(email, display_name=name)
    _, session = await gateway.log_in(email)
    return user["id"], session["token"]


async def post(gateway: Gateway, token: str, path: str, body: Any = None) -> tuple[Any, Any]:
    """Post with a new key."""
    headers = {"Idempotency-Key": uuid4().hex}
    return await gateway.send("POST", path, token=token, json=body, headers=headers)


async def checked(
    gateway: Gateway, operator: str, provider: Moving, user: str, kind: str = "SANCTIONS"
) -> Any:
    """Have somebody checked, and see how they stand."""
    path = f"/v1/users/{user}/compliance/{kind}/checks"
    response, answer = await post(gateway, operator, path, {"reason": WHY})
    assert response.status == 202, answer
    await fire(gateway, provider, gateway.resources.clock.now())
    return await standing(gateway, operator, user)


async def standing(gateway: Gateway, operator: str, user: str) -> Any:
    """How somebody stands, as operators see it."""
    path = f"/v1/users/{user}/compliance/readings"
    response, seen = await gateway.send("POST", path, token=operator, json={"reason": WHY})
    assert response.status == 200, seen
    return seen


async def told(gateway: Gateway, user: str) -> list[tuple[int, str, bool]]:
    """What was said of somebody, in order."""
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch(
            "SELECT payload, headers FROM outbox WHERE topic = 'gateway.compliance.v1' "
            "AND key = $1 ORDER BY id",
            user,
        )
    assert not any("ce_audience" in row["headers"] for row in rows)
    events = [orjson.loads(row["payload"]) for row in rows]
    return [(one["version"], one["status"], one["restricted"]) for one in events]


async def ask(gateway: Gateway, token: str, user: str, status: str = "CLEAR") -> tuple[Any, Any]:
    """Ask for an override of the sanctions check."""
    path = f"/v1/users/{user}/compliance/SANCTIONS/overrides"
    return await post(gateway, token, path, {"status": status, "reason": "a mistaken namesake"})


async def decide_on(gateway: Gateway, token: str, override: str, what: str) -> tuple[Any, Any]:
    """Approve or reject."""
    return await post(gateway, token, f"/v1/compliance-overrides/{override}/{what}")


@pytest.mark.parametrize(
    ("score", "flags", "status"),
    [
        (0, (), "CLEAR"),
        (59, (), "CLEAR"),
        (60, (), "REVIEW"),
        (0, ("pattern",), "REVIEW"),
        (90, (), "REFUSED"),
        (0, ("listed",), "REFUSED"),
    ],
)
def test_a_finding_leads_to_a_status(score: int, flags: tuple[str, ...], status: str) -> None:
    """By list, flags and score."""
    assert decide(Finding("r", score, flags)) == status


@pytest.mark.parametrize(
    ("kind", "status", "restricted"),
    [
        ("KYC", "PENDING", False),
        ("KYC", "REVIEW", False),
        ("AML", "REVIEW", True),
        ("SANCTIONS", "REFUSED", True),
        ("KYC", "EXPIRED", True),
        ("AML", "CLEAR", False),
    ],
)
def test_a_status_restricts_or_not(kind: Any, status: Any, restricted: bool) -> None:
    """One check is enough."""
    clear = Check(UUID(int=1), "KYC", "CLEAR", "p")
    assert restricts([clear, Check(UUID(int=1), kind, status, "p")]) == restricted


async def test_who_is_clear_is_checked_again_before_the_end(
    gateway: Gateway, operator: str, provider: Moving
) -> None:
    """The first answer comes at once; the timer asks again when a tenth of the time is left."""
    user, token = await named(gateway)
    seen = await checked(gateway, operator, provider, user, "KYC")
    assert (seen["restricted"], seen["checks"][0]["status"]) == (False, "CLEAR")
    _, own = await gateway.send("GET", "/v1/me/compliance", token=token)
    assert own["identified"] is True
    first = datetime.fromisoformat(seen["checks"][0]["checked_at"])
    again = recheck_at("KYC", first)
    await fire(gateway, provider, again - timedelta(seconds=1))
    assert [one[1] for one in await told(gateway, user)] == ["PENDING", "CLEAR"]
    await fire(gateway, provider, again)
    assert await told(gateway, user) == [
        (1, "PENDING", False),
        (2, "CLEAR", False),
        (3, "CLEAR", False),
    ]


async def test_who_is_on_a_list_is_restricted_and_not_told(
    gateway: Gateway, operator: str, provider: Moving
) -> None:
    """Operators see it, the ledger hears it, the person sees only whether they are identified."""
    user, token = await named(gateway, "Sanctioned Sam")
    seen = await checked(gateway, operator, provider, user)
    assert seen["restricted"] is True
    assert seen["checks"][0]["flags"] == ["listed"]
    assert (await told(gateway, user))[-1] == (2, "REFUSED", True)
    _, own = await gateway.send("GET", "/v1/me/compliance", token=token)
    assert own == {"identified": False, "expires_at": None}


async def test_what_cannot_be_checked_in_time_expires(
    gateway: Gateway, operator: str, provider: Moving
) -> None:
    """While the provider is away the last answer stands, to its end and no longer."""
    user, _ = await named(gateway)
    seen = await checked(gateway, operator, provider, user)
    first = datetime.fromisoformat(seen["checks"][0]["checked_at"])
    provider.away = True
    await fire(gateway, provider, recheck_at("SANCTIONS", first))
    assert (await told(gateway, user))[-1][1] == "CLEAR"
    end = first + GOOD_FOR["SANCTIONS"] + timedelta(minutes=20)
    await fire(gateway, provider, end)
    assert (await told(gateway, user))[-1] == (3, "EXPIRED", True)
    provider.away = False
    await fire(gateway, provider, end + timedelta(minutes=20))
    assert (await told(gateway, user))[-1] == (4, "CLEAR", False)


async def test_an_override_takes_two(
    gateway: Gateway, operator: str, second: tuple[str, str], provider: Moving
) -> None:
    """Who asked cannot approve; another can, once; then the person is free until the end."""
    user, _ = await named(gateway, "Sanctioned Sam")
    await checked(gateway, operator, provider, user)
    response, wish = await ask(gateway, operator, user)
    assert response.status == 201, wish
    response, problem = await decide_on(gateway, operator, wish["id"], "approve")
    assert (response.status, problem["type"]) == (403, "urn:localex:problem:second-person-needed")
    response, decided = await decide_on(gateway, second[1], wish["id"], "approve")
    assert (response.status, decided["decision"]) == (200, "APPROVED")
    assert (await told(gateway, user))[-1] == (3, "CLEAR", False)
    response, _ = await decide_on(gateway, second[1], wish["id"], "reject")
    assert response.status == 409
    # The provider's next answer does not undo what two people decided.
    await fire(gateway, provider, gateway.resources.clock.now() + timedelta(days=28))
    assert (await told(gateway, user))[-1] == (3, "CLEAR", False)


async def test_a_rejected_override_changes_nothing(
    gateway: Gateway, operator: str, second: tuple[str, str], provider: Moving
) -> None:
    """And another may be asked for; one at a time."""
    user, _ = await named(gateway, "Sanctioned Sam")
    await checked(gateway, operator, provider, user)
    _, wish = await ask(gateway, operator, user)
    response, _ = await ask(gateway, second[1], user)
    assert response.status == 409
    _, open_ = await gateway.send("GET", "/v1/compliance-overrides", token=operator)
    assert wish["id"] in [one["id"] for one in open_["overrides"]]
    await decide_on(gateway, second[1], wish["id"], "reject")
    assert (await standing(gateway, operator, user))["restricted"] is True
    response, _ = await ask(gateway, second[1], user)
    assert response.status == 201


async def test_nobody_overrides_a_check_of_their_own(
    gateway: Gateway, operator: str, second: tuple[str, str], provider: Moving
) -> None:
    """Neither asks nor decides."""
    user, token = second
    await checked(gateway, operator, provider, user)
    response, _ = await ask(gateway, token, user)
    assert response.status == 403
    _, wish = await ask(gateway, operator, user)
    response, _ = await decide_on(gateway, token, wish["id"], "approve")
    assert response.status == 403


async def test_the_database_wants_four_eyes_too(
    gateway: Gateway, operator: str, provider: Moving, scratch_database: ScratchDatabase
) -> None:
    """Whoever has the service's role can neither decide alone nor write an outcome by itself."""
    user, _ = await named(gateway, "Sanctioned Sam")
    await checked(gateway, operator, provider, user)
    _, wish = await ask(gateway, operator, user)
    decide_it = (
        "UPDATE compliance_override SET decision = 'APPROVED', decided_at = now(), decided_by = "
    )
    clear_it = (
        "UPDATE compliance_check SET status = 'CLEAR', override_id = $1 "
        "WHERE user_id = (SELECT user_id FROM compliance_override WHERE id = $1)"
    )
    born_decided = (
        "INSERT INTO compliance_override SELECT uuidv7(), user_id, 'SANCTIONS', 'CLEAR', "
        "reason, uuidv7(), now(), 'APPROVED', uuidv7(), now() "
        "FROM compliance_override WHERE id = $1"
    )
    attempts = (
        (f"{decide_it} requested_by WHERE id = $1", "compliance_override_four_eyes"),
        (f"{decide_it} user_id WHERE id = $1", "compliance_override_of_another"),
        (clear_it, "compliance_check_override_approved"),
        (born_decided, "compliance_override_four_eyes"),
    )
    async with scratch_database.connect("gateway") as conn:
        for statement, constraint in attempts:
            with pytest.raises(asyncpg.CheckViolationError) as caught:
                await conn.execute(statement, UUID(wish["id"]))
            assert caught.value.constraint_name == constraint
    async with scratch_database.connect("admin") as admin:
        await admin.execute("SET search_path = gateway")
        await admin.execute(f"{decide_it} uuidv7() WHERE id = $1", UUID(wish["id"]))
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await admin.execute(
                "UPDATE compliance_override SET decision = 'REJECTED' WHERE id = $1",
                UUID(wish["id"]),
            )
        assert caught.value.constraint_name == "compliance_override_decided_once"


async def test_an_operators_look_is_written_down(
    gateway: Gateway, operator: str, provider: Moving
) -> None:
    """As any look at another person's data."""
    user, token = await named(gateway)
    await checked(gateway, operator, provider, user)
    _, log = await gateway.send("GET", "/v1/me/access-log", token=token)
    assert [one["what"] for one in log["accesses"]] == [["compliance"]]


async def test_members_have_no_part_in_it(gateway: Gateway, token: str) -> None:
    """Neither looking nor checking nor deciding."""
    user, _ = await named(gateway)
    for path, body in (
        (f"/v1/users/{user}/compliance/readings", {"reason": WHY}),
        (f"/v1/users/{user}/compliance/KYC/checks", {"reason": WHY}),
        (f"/v1/users/{user}/compliance/KYC/overrides", {"status": "CLEAR", "reason": WHY}),
        (f"/v1/compliance-overrides/{uuid4()}/approve", None),
    ):
        response, _ = await post(gateway, token, path, body)
        assert response.status == 403, path


async def test_who_is_not_there_is_not_checked(gateway: Gateway, operator: str) -> None:
    """Nor seen, nor overridden."""
    nobody = uuid4()
    response, _ = await post(
        gateway, operator, f"/v1/users/{nobody}/compliance/KYC/checks", {"reason": WHY}
    )
    assert response.status == 404
    response, problem = await ask(gateway, operator, str(nobody))
    assert (response.status, problem["title"]) == (404, "There is no such person")
    response, _ = await decide_on(gateway, operator, str(nobody), "approve")
    assert response.status == 404
