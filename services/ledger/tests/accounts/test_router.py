"""Reading balances and entries over HTTP: one's own, and nobody else's."""

from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import COMMUNITY, Books, transfer
from services.ledger.tests.conftest import Api

NOBODY = UUID("0192f0c0-0000-7000-8000-000000000000")


async def test_one_sees_ones_own_accounts(books: Books, api: Api) -> None:
    """Balances are strings with the asset's decimals."""
    ana = await books.open_person(10_050)
    answer = await api.get("/v1/accounts", ana.id)
    assert answer.status_code == 200
    accounts = {one["type"]: one for one in answer.json()["accounts"]}
    assert accounts.keys() == {"MAIN", "ESCROW", "GIFT"}
    main = accounts["MAIN"]
    assert main["id"] == str(ana.main)
    assert (main["balance"], main["available"], main["held"]) == ("100.50", "100.50", "0.00")
    assert (main["asset"], main["version"], main["floor"]) == ("LXC", 1, "0.00")
    assert (await api.get(f"/v1/accounts/{ana.main}", ana.id)).json() == main


@pytest.mark.parametrize("path", ["", "/entries"])
async def test_somebody_elses_account_is_not_there(books: Books, api: Api, path: str) -> None:
    """The same answer as for an account that does not exist; operators see it."""
    ana, ben = await books.open_person(5), await books.open_person()
    theirs = await api.get(f"/v1/accounts/{ana.main}{path}", ben.id)
    nobodys = await api.get(f"/v1/accounts/{uuid4()}{path}", ben.id)
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()
    seen = await api.get(f"/v1/accounts/{ana.main}{path}", ben.id, role="OPERATOR")
    assert seen.status_code == 200


async def test_operators_filter_and_page(books: Books, api: Api) -> None:
    """By owner, and page after page without a gap or a repeat; others may not."""
    ana, operator = await books.open_person(), new_id()
    owned = f"/v1/accounts?owner_id={ana.id}"
    assert len((await api.get(owned, operator, role="OPERATOR")).json()["accounts"]) == 3
    refused = await api.get(owned, operator)
    assert refused.status_code == 403
    found: list[str] = []
    cursor = ""
    while True:
        path = f"/v1/accounts?community={COMMUNITY}&limit=2{cursor}"
        page = (await api.get(path, operator, role="OPERATOR")).json()
        found += [one["id"] for one in page["accounts"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    total = await books.value("SELECT count(*) FROM account WHERE community = $1", COMMUNITY)
    assert len(found) == len(set(found)) == total


async def test_entries_come_newest_first_in_pages(books: Books, api: Api) -> None:
    """The cursor is stable while new entries arrive."""
    ana, ben = await books.open_person(100), await books.open_person()
    await books.post(*(transfer(ana.main, ben.main, amount) for amount in (1, 2, 3)))
    path = f"/v1/accounts/{ana.main}/entries?limit=2"
    first = (await api.get(path, ana.id)).json()
    await books.post(transfer(ana.main, ben.main, 4))
    second = (await api.get(f"{path}&cursor={first['next_cursor']}", ana.id)).json()
    entries = [*first["entries"], *second["entries"]]
    assert [one["seq"] for one in entries] == [4, 3, 2, 1]
    assert [one["amount"] for one in entries] == ["-0.03", "-0.02", "-0.01", "1.00"]
    assert entries[0]["balance_after"] == "0.94"
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/accounts/none", "account_id"),
        ("/v1/accounts?limit=0", "limit"),
        ("/v1/accounts?limit=201", "limit"),
        ("/v1/accounts?cursor=x", "cursor"),
        ("/v1/accounts?type=PIGGY", "type"),
        ("/v1/accounts?community=%00", "community"),
        (f"/v1/accounts/{NOBODY}/entries?cursor=0", "cursor"),
        (f"/v1/accounts/{NOBODY}/entries?cursor={2**63}", "cursor"),
    ],
)
async def test_bad_questions_name_the_field(api: Api, path: str, field: str) -> None:
    """Never a server error, and the field is said."""
    answer = await api.get(path, new_id())
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
