"""Money that operators make is in the audit log; money that members move is not."""

from chassis.ids import new_id
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api

SELECT_ACTS = """
SELECT action, actor_id, entity, entity_id, reason FROM audit_event ORDER BY recorded_at
"""


async def test_an_issuance_is_told_once_and_a_payment_not(books: Books, api: Api) -> None:
    """Under its transfer, with who and why; a repeat of its key tells nothing more."""
    ana, ben, operator = await books.open_person(), await books.open_person(), new_id()
    before = len(await books.rows(SELECT_ACTS))
    body = {"to_user": str(ana.id), "amount": "10.00", "asset": "LXC", "reason": "welcome"}
    for _ in range(2):
        issued = await api.post("/v1/issuances", operator, body, role="OPERATOR", key="once")
    pay = {"from_account": str(ana.main), "to_account": str(ben.main)}
    paid = await api.post("/v1/transfers", ana.id, pay | {"amount": "1.00", "asset": "LXC"})
    assert paid.status_code == 201
    [told] = (await books.rows(SELECT_ACTS))[before:]
    assert (told["actor_id"], told["reason"]) == (operator, "welcome")
    assert (told["entity"], told["entity_id"]) == ("transfer", issued.json()["id"])
