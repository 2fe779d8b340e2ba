"""Large issuances: two operators, and a day's limit, whoever writes."""

from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api

PATH = "/v1/issuances"
INSERT_ISSUANCE = """
WITH made AS (
    INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at, initiated_by)
    SELECT $1, 'issuance', 2, now(), now(), uuidv7()
), heads AS (
    SELECT a.id, a.type, coalesce(max(e.account_seq), 0) AS seq,
        get_account_balance(a.id) AS balance, 0 AS held
    FROM account AS a LEFT JOIN entry AS e ON e.account_id = a.id
    WHERE a.id = $2 OR (a.type = 'ISSUANCE' AND a.community = (
        SELECT community FROM account WHERE id = $2
    )) GROUP BY a.id
)
INSERT INTO entry (account_id, account_seq, transfer_id, position, asset, amount_minor,
    balance_after_minor, held_after_minor, effective_at, posted_at)
SELECT h.id, h.seq + 1, $1, CASE h.type WHEN 'ISSUANCE' THEN 1 ELSE 2 END, 'LXC',
    CASE h.type WHEN 'ISSUANCE' THEN -$3::numeric ELSE $3 END,
    h.balance + CASE h.type WHEN 'ISSUANCE' THEN -$3::numeric ELSE $3 END, h.held, now(), now()
FROM heads AS h
"""


def wish(person: Person, amount: str = "10000.01") -> dict[str, object]:
    """Too much for one operator, by a cent."""
    return {"to_user": str(person.id), "amount": amount, "asset": "LXC", "reason": "harvest"}


async def ask(api: Api, person: Person, operator: UUID, amount: str = "10000.01") -> str:
    """The id of a request that waits."""
    answer = await api.post(PATH, operator, wish(person, amount), role="OPERATOR")
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "WAITING"
    return str(answer.json()["id"])


async def test_a_second_operator_approves(books: Books, api: Api) -> None:
    """Nothing is issued before; then the transfer names both, and a repeat changes nothing."""
    ana, first, second = await books.open_person(), new_id(), new_id()
    request = await ask(api, ana, first)
    assert await books.balance(ana.main) == 0
    path = f"{PATH}/requests/{request}/approve"
    answer = await api.post(path, second, {}, role="OPERATOR", key="yes")
    again = await api.post(path, second, {}, role="OPERATOR", key="yes")
    assert (answer.status_code, again.content) == (200, answer.content)
    approved = answer.json()
    assert (approved["state"], approved["decided_by"]) == ("APPROVED", str(second))
    assert await books.balance(ana.main) == 1_000_001
    [made] = await books.rows("SELECT * FROM transfer WHERE id = $1", UUID(approved["transfer_id"]))
    assert (made["kind"], made["initiated_by"]) == ("issuance", first)
    assert made["metadata"] == {"reason": "harvest", "approved_by": str(second)}
    late = await api.post(path, second, {}, role="OPERATOR", key="other")
    assert (late.status_code, late.json()["state"]) == (409, "APPROVED")
    await books.check()


async def test_who_asks_may_reject_and_not_approve(books: Books, api: Api) -> None:
    """Two pairs of eyes to issue; one is enough to drop it, and then it stays dropped."""
    ana, first = await books.open_person(), new_id()
    request = f"{PATH}/requests/{await ask(api, ana, first)}"
    own = await api.post(f"{request}/approve", first, {}, role="ADMIN")
    assert own.json()["type"].endswith("second-operator")
    assert (await api.post(f"{request}/reject", ana.id, {})).status_code == 403
    dropped = await api.post(f"{request}/reject", first, {}, role="OPERATOR")
    assert (dropped.json()["state"], dropped.json()["transfer_id"]) == ("REJECTED", None)
    assert (await api.post(f"{request}/approve", new_id(), {}, role="ADMIN")).status_code == 409
    none = await api.post(f"{PATH}/requests/{new_id()}/approve", first, {}, role="ADMIN")
    assert none.status_code == 404
    assert await books.balance(ana.main) == 0


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_who_asked_is_told_what_another_decided(books: Books, api: Api, verdict: str) -> None:
    """One event, in the transaction of the decision; why it was wanted is not in it."""
    ana, first, second = await books.open_person(), new_id(), new_id()
    request = await ask(api, ana, first)
    for _ in range(2):
        await api.post(f"{PATH}/requests/{request}/{verdict}", second, {}, role="ADMIN", key="yes")
    told = await books.rows(
        "SELECT payload, headers FROM outbox WHERE topic = 'ledger.issuance.v1' AND key = $1",
        request,
    )
    assert len(told) == 1
    assert told[0]["headers"]["ce_audience"] == str(first)
    assert f'"decision":"{verdict.upper()}' in told[0]["payload"]
    assert "harvest" not in told[0]["payload"]


async def test_the_same_wish_is_asked_for_once(books: Books, api: Api) -> None:
    """A repeat with its key finds the request; the queue shows it, newest first, page by page."""
    ana, first = await books.open_person(), new_id()
    older = await ask(api, ana, first)
    made = await api.post(PATH, first, wish(ana), role="OPERATOR", key="once")
    again = await api.post(PATH, first, wish(ana), role="OPERATOR", key="once")
    assert again.content == made.content
    page = (await api.get(f"{PATH}/requests?state=WAITING&limit=1", first, role="ADMIN")).json()
    assert [one["id"] for one in page["requests"]] == [made.json()["id"]]
    following = f"{PATH}/requests?limit=1&cursor={page['next_cursor']}"
    assert (await api.get(following, first, role="ADMIN")).json()["requests"][0]["id"] == older
    assert (await api.get(f"{PATH}/requests", ana.id)).status_code == 403


async def test_a_day_has_a_limit(own_books: Books, own_api: Api) -> None:
    """What was burned counts back; the database says it, and the answer names the rule."""
    ana, first, second = await own_books.open_person(), new_id(), new_id()
    whole = await ask(own_api, ana, first, "100000000.00")
    path = f"{PATH}/requests/{whole}/approve"
    assert (await own_api.post(path, second, {}, role="ADMIN")).status_code == 200
    more = await own_api.post(PATH, first, wish(ana, "0.01"), role="OPERATOR")
    assert (more.status_code, more.json()["rule"]) == (409, "issuance_day_limit")
    burn = {"from_account": str(ana.main), "amount": "0.01", "asset": "LXC", "reason": "back"}
    assert (await own_api.post(f"{PATH}/burn", first, burn, role="ADMIN")).status_code == 201
    again = await own_api.post(PATH, first, wish(ana, "0.01"), role="OPERATOR")
    assert again.status_code == 201
    await own_books.check()


async def test_the_database_asks_for_the_second_operator(books: Books, api: Api) -> None:
    """The service's own role cannot issue much without a request that another approved."""
    ana, first = await books.open_person(1), new_id()
    request = UUID(await ask(api, ana, first))
    transfer = await books.value("SELECT transfer_id FROM issuance_request WHERE id = $1", request)
    async with books.database.connection() as conn:
        with pytest.raises(asyncpg.CheckViolationError) as alone:
            async with conn.transaction():
                await conn.execute(INSERT_ISSUANCE, new_id(), ana.main, 1_000_001)
        with pytest.raises(asyncpg.CheckViolationError) as waiting:
            async with conn.transaction():
                await conn.execute(INSERT_ISSUANCE, transfer, ana.main, 1_000_001)
        with pytest.raises(asyncpg.CheckViolationError) as oneself:
            await conn.execute(
                "UPDATE issuance_request SET state = 'APPROVED', decided_by = requested_by,"
                " decided_at = now() WHERE id = $1",
                request,
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("UPDATE issuance_limit SET alone_max_minor = day_max_minor")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute("UPDATE issuance_request SET amount_minor = 1")
        async with conn.transaction():
            await conn.execute(INSERT_ISSUANCE, new_id(), ana.main, 1_000_000)
    assert alone.value.constraint_name == waiting.value.constraint_name == "issuance_four_eyes"
    assert oneself.value.constraint_name == "issuance_request_four_eyes"
    assert await books.balance(ana.main) == 1_000_001
