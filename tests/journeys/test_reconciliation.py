"""The books against a bank, and the services against each other, as an operator does it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embedded.cli import make_app
from tests.journeys.people import operator
from tests.stack.plugin import System


@pytest.fixture
def localex(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs the command as the operator; exit code and what it said."""
    email, password = system.operator
    monkeypatch.setenv("GATEWAY_BOOTSTRAP_OPERATOR_EMAIL", email)
    monkeypatch.setenv("GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD", password)

    def run(*words: str) -> tuple[int, str]:
        code = 0
        try:
            make_app()(["reconcile", *words, "--url", system.gateway], result_action="return_value")
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


async def issued(system: System) -> tuple[str, dict[str, Any], str]:
    """Issue credits; the issuance account, its newest entry and balance."""
    async with operator(system) as client:
        me = await client.me()
        await client.issue(me.id, "12.34", reason="a test")
        query = {"type": "ISSUANCE", "community": me.community, "asset": "LXC"}
        [account] = (await client.ask("GET", "/v1/accounts", query=query))["accounts"]
        path = f"/v1/accounts/{account['id']}/entries"
        entry = (await client.ask("GET", path, query={"limit": 1}))["entries"][0]
        return account["id"], entry, account["balance"]


@pytest.mark.slow
async def test_an_operator_reconciles_from_the_command_line(
    system: System, localex: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """A file with a fault is refused by line; the right one is matched, and the report ties out."""
    import asyncio

    account, entry, balance = await issued(system)
    mapping = {"booked_on": "Date", "amount": "Amount", "reference": "Ref"}
    setup = tmp_path / "setup.json"
    setup.write_text(
        json.dumps({"csv_mapping": mapping, "write_off_limit": "1.00", "reason": "a test"})
    )
    day = entry["effective_at"][:10]
    file = tmp_path / "bank.csv"
    rows = [f"{day},{entry['amount']},{entry['transfer_id']}", f"{day},0.50,fee"]
    cents = round(float(balance) * 100)
    opening = cents - round(float(entry["amount"]) * 100)
    money = [f"{'-' * (c < 0)}{abs(c) // 100}.{abs(c) % 100:02}" for c in (opening, cents + 50)]

    def act() -> None:
        assert localex("setup", account, str(setup))[0] == 0
        file.write_text("Date,Amount,Ref\n" + "\n".join(rows).replace("0.50", "0.505"))
        about = ("--opening", money[0], "--closing", money[1])
        code, said = localex("import", account, str(file), *about)
        assert (code, "line 3, Amount" in said) == (1, True), said
        file.write_text("Date,Amount,Ref\n" + "\n".join(rows))
        for outcome in ("imported: 1 statements, 2 new", "unchanged: 1 statements, 0 new"):
            code, said = localex("import", account, str(file), *about)
            assert (code, outcome in said) == (0, True), said
        code, said = localex("run", account)
        assert (code, "DONE: matched" in said) == (0, True), said
        code, said = localex("report", account)
        assert (code, "FEE" in said, "Everything agrees." in said) == (0, True, True), said
        code, said = localex(
            "resolve", account, "write-off", "--lines", "2", "--reason", "the bank's fee"
        )
        assert (code, "done" in said) == (0, True), said
        code, said = localex("report", "--json")
        made = json.loads(said)
        assert (code, made["clean"]) == (0, True), said
        [summary] = [one for one in made["accounts"] if one["account_id"] == account]
        assert summary["unmatched_lines"]["count"] == 0
        assert summary["unexplained"] == "0.00"
        assert made["trades"]["open"] == {}
        assert made["index"]["open"] == {}

    await asyncio.to_thread(act)
