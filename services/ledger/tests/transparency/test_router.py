"""Receipts over HTTP, verified by the independent verifier; and what it says of an edit."""

import json
from typing import Any

import pytest

from chassis.ids import new_id
from ledger.transparency.keeper import LogKeeper
from localex_verifier import verify
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api
from services.ledger.tests.transparency.log import KEYS, as_owner, keep, latest_size, send
from services.ledger.tests.transparency.reference import SIGNER


async def two(books: Books) -> tuple[Person, Person]:
    """Ana with money, Ben."""
    return await books.open_person(10_000), await books.open_person()


def parts(receipt: str) -> set[str]:
    """Names of the parts that a receipt opens."""
    return {json.loads(text)["part"] for text in json.loads(receipt)["opened"]}


async def test_each_reader_gets_a_receipt_with_their_part(books: Books, api: Api) -> None:
    """Both parties and operators; where the other one stands stays closed; strangers get 404."""
    ana, ben = await two(books)
    transfer_id = await send(books, ana, ben, 60)
    path = f"/v1/transfers/{transfer_id}/proof"
    early = await api.get(path, ana.id)
    assert (early.status_code, early.headers["retry-after"]) == (409, "1")
    assert early.json()["type"] == "urn:localex:problem:not-yet-signed"
    await keep(books)
    moved = {"transfer", "entry/1", "entry/2"}
    for caller, role, wanted in (
        (ana.id, "MEMBER", moved | {"standing/1"}),
        (ben.id, "MEMBER", moved | {"standing/2"}),
        (new_id(), "OPERATOR", moved | {"standing/1", "standing/2", "request"}),
    ):
        answer = await api.get(path, caller, role=role)
        assert answer.status_code == 200, answer.text
        assert parts(answer.text) == wanted
        report = verify(answer.text, keys=KEYS)
        assert not report.unproven
        assert any("they sum to zero" in line for line in report.proven)
    assert (await api.get(path, new_id())).status_code == 404


async def test_who_asked_for_it_sees_that_too(books: Books, api: Api) -> None:
    """The request's part is opened for the person behind it."""
    ana, ben = await two(books)
    body = {
        "from_account": str(ana.main),
        "to_user": str(ben.id),
        "amount": "1.00",
        "asset": "LXC",
        "memo": "späť 🚲",
    }
    sent = (await api.post("/v1/transfers", ana.id, body)).json()
    await keep(books)
    receipt = (await api.get(f"/v1/transfers/{sent['id']}/proof", ana.id)).text
    assert "request" in parts(receipt)
    assert any("späť" in line for line in verify(receipt, keys=KEYS).proven)
    assert "request" not in parts((await api.get(f"/v1/transfers/{sent['id']}/proof", ben.id)).text)


async def test_a_receipt_ties_kept_checkpoints(books: Books, api: Api) -> None:
    """A checkpoint kept before, with the receipt or with a bundle: the log only grew."""
    ana, ben = await two(books)
    first = await send(books, ana, ben)
    await keep(books)
    kept = (await api.get("/v1/checkpoints/latest", ana.id)).text
    size = await latest_size(books)
    old = (await api.get(f"/v1/transfers/{first}/proof", ana.id)).text
    for _ in range(5):
        await send(books, ana, ben)
    await keep(books)
    newer = await latest_size(books)
    receipt = await api.get(f"/v1/transfers/{first}/proof?from={size}&from=0", ana.id)
    assert not verify(receipt.text, keys=KEYS, checkpoints=[kept]).unproven
    bundle = await api.get(f"/v1/checkpoints/{newer}/consistency?from={size}", ben.id)
    note = (await api.get(f"/v1/checkpoints/{newer}", ben.id)).text
    assert not verify(old, keys=KEYS, checkpoints=[note], bundles=[bundle.text]).unproven
    assert (await api.get(f"/v1/checkpoints/{size}", ben.id)).text == kept


async def test_the_key_is_published(books: Books, api: Api) -> None:
    """One line a key, as the verifier reads it."""
    await two(books)
    await keep(books)
    answer = await api.get("/v1/checkpoints/key", new_id())
    assert answer.text == SIGNER.verifier().render() + "\n"
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        ("checkpoints/999999", 404, "no-such-checkpoint"),
        ("checkpoints/0", 404, "no-such-checkpoint"),
        ("checkpoints/-1", 422, "malformed"),
        ("checkpoints/9223372036854775808", 422, "malformed"),
        ("checkpoints/newest", 422, "malformed"),
        ("checkpoints/{size}/consistency", 422, "malformed"),
        ("checkpoints/{size}/consistency?from=-1", 422, "malformed"),
        ("checkpoints/{size}/consistency?from=999999", 409, "no-such-growth"),
        ("checkpoints/999999/consistency?from=1", 404, "no-such-checkpoint"),
        ("transfers/{transfer}/proof?from=999999", 409, "no-such-growth"),
        ("transfers/{transfer}/proof?from=x", 422, "malformed"),
        ("transfers/{transfer}/proof?" + "from=1&" * 11, 422, "malformed"),
        ("transfers/7/proof", 422, "malformed"),
    ],
)
async def test_what_cannot_be_proven_is_a_named_problem(
    books: Books, api: Api, path: str, status: int, problem: str
) -> None:
    """Sizes that were never signed, that are no sizes, or the wrong way round."""
    ana, ben = await two(books)
    transfer_id = await send(books, ana, ben)
    await keep(books)
    asked = path.format(size=await latest_size(books), transfer=transfer_id)
    answer = await api.get(f"/v1/{asked}", ana.id)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)


async def test_an_empty_log_has_no_checkpoint(own_books: Books) -> None:
    """Nothing is signed before the first transfer, and without a key never."""
    await LogKeeper(own_books.database, own_books.clock, SIGNER).sign()
    assert await latest_size(own_books) == 0
    await two(own_books)
    keyless = LogKeeper(own_books.database, own_books.clock, None)
    await keyless.sequence()
    await keyless.sign()
    assert await latest_size(own_books) == 0


OTHER: dict[str, Any] = {
    "uuid": "gen_random_uuid()",
    "text": "'edited'",
    "smallint": "{0} + 10",
    "bigint": "{0} + 1000",
    "numeric": "coalesce({0}, 0) + 1",
    "timestamp with time zone": (
        "{0} + interval '1 microsecond' * CASE '{0}' WHEN 'posted_at' THEN 1 ELSE -1 END"
    ),
    "jsonb": """'{{"memo": "edited"}}'""",
}


async def test_an_edit_of_any_column_is_found(books: Books, api: Api) -> None:
    """Each column of transfer and entry, edited by the owner: no receipt, and the problem named."""
    columns = await books.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'ledger' AND table_name IN ('transfer', 'entry')"
    )
    assert len(columns) >= 19
    ana, ben = await two(books)
    for table, column, kind in columns:
        transfer_id = await send(books, ana, ben, 60)
        await keep(books)
        path = f"/v1/transfers/{transfer_id}/proof"
        before = await api.get(path, ana.id)
        assert before.status_code == 200, (table, column, before.text)
        key = "id" if table == "transfer" else "position = 1 AND transfer_id"
        value = OTHER[kind].format(column)
        statement = f"UPDATE {table} SET {column} = {value} WHERE {key} = $1"
        await as_owner(books, table, statement, transfer_id)
        after = await api.get(path, new_id(), role="OPERATOR")
        assert after.status_code in {404, 500}, (table, column, after.text)
        if after.status_code == 500:
            assert after.json()["type"] == "urn:localex:problem:history-altered", (table, column)
        assert not verify(before.text, keys=KEYS).unproven
