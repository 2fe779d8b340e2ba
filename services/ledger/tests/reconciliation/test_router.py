"""The HTTP edge: operators only, problems that help, writes that can be repeated."""

from uuid import UUID

from ledger.reconciliation.matching.work import work_on_runs
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api
from services.ledger.tests.reconciliation.bank import (
    DAY,
    MAPPING,
    OPERATOR,
    SECOND,
    Bank,
    csv_of,
    resources_of,
)

ROLE = "OPERATOR"


async def test_an_operator_reconciles_an_account_by_http(api: Api, books: Books) -> None:
    """Setup, file, run, suspense, decision and summary; the same again changes nothing."""
    bank = await Bank.open(books)
    home = f"/v1/reconciliation/accounts/{bank.account_id}"
    await bank.post((500, "A1"), (90, "A2"))
    wish = {"csv_mapping": MAPPING, "write_off_limit": "0.50", "reason": "as agreed"}
    made = await api.post(f"{home}/setup", OPERATOR, wish, role=ROLE)
    assert (made.status_code, made.json()["version"]) == (201, 2)
    file = csv_of([(str(DAY), "5.00", "A1", ""), (str(DAY), "0.40", "interest", "")])
    path = f"{home}/statements?format=csv&file_name=nov.csv&opening=0&closing=5.40"
    for key, status, replayed in (("k1", 201, None), ("k1", 201, "true"), ("k2", 200, None)):
        answer = await api.post(path, OPERATOR, file, role=ROLE, key=key)
        assert answer.status_code == status, answer.text
        assert answer.headers.get("idempotency-replayed") == replayed
    assert answer.json()["outcome"] == "unchanged"
    reused = await api.post(path, OPERATOR, file + b"\n", role=ROLE, key="k1")
    assert (reused.status_code, reused.json()["differs"]) == (409, ["content"])
    listed = await api.get(f"{home}/statements", OPERATOR, ROLE)
    assert len(listed.json()["found"]) == 1
    run = await api.post(f"{home}/runs", OPERATOR, {}, role=ROLE)
    assert (run.status_code, run.json()["phase"]) == (202, "collect")
    await work_on_runs(resources_of(books))
    [done] = (await api.get(f"{home}/runs", OPERATOR, ROLE)).json()["found"]
    assert (done["state"], done["matched"]) == ("DONE", {"exact": 1})
    [line] = (await api.get(f"{home}/suspense", OPERATOR, ROLE)).json()["found"]
    assert (line["number"], line["amount"], line["reference"]) == (2, "0.40", "INTEREST")
    written = await api.post(
        f"{home}/write-offs", OPERATOR, {"lines": [2], "reason": "interest"}, role=ROLE
    )
    assert (written.status_code, written.json()["kind"]) == (201, "WRITE_OFF")
    summary = (await api.get(f"{home}/summary", OPERATOR, ROLE)).json()
    assert summary["ties_out"] is True
    assert (summary["balance"], summary["closing"], summary["unexplained"]) == (
        "5.90",
        "5.40",
        "0.00",
    )
    decisions = (await api.get(f"{home}/decisions", OPERATOR, ROLE)).json()["found"]
    assert [one["strategy"] for one in decisions] == ["manual", "exact"]
    statements = (await api.get(f"{home}/statements", OPERATOR, ROLE)).json()["found"]
    assert [one["line_count"] for one in statements] == [2]
    accounts = (await api.get("/v1/reconciliation/accounts?limit=200", OPERATOR, ROLE)).json()
    assert str(bank.account_id) in {one["account_id"] for one in accounts["found"]}


async def test_four_eyes_by_http(api: Api, books: Books) -> None:
    """Proposed, refused to its proposer, approved by another, undone by nobody."""
    bank = await Bank.open(books)
    home = f"/v1/reconciliation/accounts/{bank.account_id}"
    await bank.bring(csv_of([(str(DAY), "5.00", "A1", "")]), 0, 500)
    body = {"lines": [1], "reason": "a gift of the bank"}
    proposed = await api.post(f"{home}/write-offs", OPERATOR, body, role=ROLE)
    assert (proposed.status_code, proposed.json()["state"]) == (202, "PROPOSED")
    place = f"{home}/proposals/{proposed.json()['id']}"
    refused = await api.post(f"{place}/approve", OPERATOR, {}, role=ROLE)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:localex:problem:four-eyes")
    approved = await api.post(f"{place}/approve", SECOND, {}, role=ROLE)
    assert (approved.status_code, approved.json()["state"]) == (200, "APPROVED")
    [listed] = (await api.get(f"{home}/proposals", SECOND, ROLE)).json()["found"]
    assert listed["decided_by"] == str(SECOND)
    [decision] = (await api.get(f"{home}/decisions", SECOND, ROLE)).json()["found"]
    undo = await api.post(
        f"{home}/decisions/{decision['id']}/undo", SECOND, {"reason": "no"}, role=ROLE
    )
    assert (undo.status_code, undo.json()["type"]) == (409, "urn:localex:problem:not-undoable")


async def test_a_refused_file_names_each_fault(api: Api, books: Books) -> None:
    """Line, field, rule and message of up to twenty faults, as problem+json."""
    bank = await Bank.open(books)
    path = f"/v1/reconciliation/accounts/{bank.account_id}/statements"
    about = "?format=csv&file_name=a&opening=0&closing=1"
    file = csv_of([("20.11.2026", "1,00", "a", "")] * 30)
    answer = await api.post(path + about, OPERATOR, file, role=ROLE)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert len(errors) == 20
    assert {"line", "field", "rule", "message"} == errors[0].keys()
    for wrong, field in (("opening=1.005", "opening"), ("format=pdf", "format")):
        answer = await api.post(f"{path}{about}&{wrong}", OPERATOR, file, role=ROLE)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_only_operators_reconcile(api: Api, books: Books) -> None:
    """Every route refuses a member, before it looks at anything."""
    home = f"/v1/reconciliation/accounts/{UUID(int=5)}"
    for path in ("statements", "runs", "suspense", "summary", "decisions", "proposals"):
        assert (await api.get(f"{home}/{path}", OPERATOR)).status_code == 403
        assert (await api.get(f"{home}/{path}", OPERATOR, ROLE)).status_code == 404
    for path in ("setup", "runs", "matches", "ignored", "write-offs"):
        body = {"reason": "x"} if path == "setup" else {"reason": "x", "lines": [1]}
        assert (await api.post(f"{home}/{path}", OPERATOR, body)).status_code == 403
        assert (await api.post(f"{home}/{path}", OPERATOR, body, role=ROLE)).status_code == 404
    assert (await api.get("/v1/reconciliation/differences", OPERATOR)).status_code == 403
    found = (await api.get("/v1/reconciliation/differences", OPERATOR, ROLE)).json()
    assert found["differences"] == []


async def test_a_setup_that_means_nothing_is_refused(api: Api, books: Books) -> None:
    """Two rules of one name, a tolerance that is no amount, a mapping without an amount."""
    bank = await Bank.open(books)
    path = f"/v1/reconciliation/accounts/{bank.account_id}/setup"
    for wish, field in (
        ({"rules": [{"name": "a"}, {"name": "a"}]}, "rules"),
        ({"rules": [{"name": "a", "amount_tolerance": "0.005"}]}, "rules.0.amount_tolerance"),
        ({"write_off_limit": "-1"}, "write_off_limit"),
        ({"csv_mapping": {"booked_on": "D"}}, "csv_mapping"),
        ({"group_days": 99}, "group_days"),
    ):
        answer = await api.post(path, OPERATOR, {"reason": "r", **wish}, role=ROLE)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), wish
