"""Imports: each row has its verdict, good rows are kept, the same rows again change nothing."""

import asyncio
import csv
import json
import time
from collections import Counter
from typing import Any

import pytest

from tests.stack.needs import GROCERIES, needs_groceries


def row(reference: Any, **fields: Any) -> dict[str, Any]:
    """A row as an importer sends it."""
    return {
        "external_ref": reference,
        "title": f"Thing {reference}",
        "price": "2.50",
        "asset": "LXC",
        "category": "Beauty & Hygiene > Hair Care",
        **fields,
    }


async def load(member: Any, *rows: Any) -> dict[str, Any]:
    """Import rows and return the report."""
    report: dict[str, Any] = await member.made("/items/import", {"items": list(rows)})
    return report


def outcomes(report: dict[str, Any]) -> list[str]:
    """The verdicts in order."""
    return [result["outcome"] for result in report["rows"]]


async def test_bad_rows_are_refused_one_by_one_and_good_rows_are_kept(market: Any) -> None:
    """Each refusal names the row, the field and the rule."""
    bad = {
        "title": row("b1", title=" "),
        "price": row("b2", price=""),
        "category": row("b3", category=">"),
        "rating": row("b4", rating="NaN"),
        "quantity": row("b5", quantity=0),
        "colour": row("b6", colour="red"),
        "asset": row("b7", asset="ZZZ"),
        "condition": row("b8", kind="service", condition="good"),
        "external_ref": row(""),
        "description": row("b9", description="\ud800"),
        "longitude": row("b10", latitude="1"),
    }
    shapeless: list[Any] = [None, 5, "x", [], {}]
    ana = market.member()
    rows = [row("g1"), *bad.values(), *shapeless, row("g2", rating="4.1")]
    # Written with escapes, as half a surrogate pair has no bytes of its own.
    answer = await ana.raw("/items/import", json.dumps({"items": rows}).encode())
    report = answer.json()
    assert outcomes(report) == ["created", *["refused"] * (len(bad) + len(shapeless)), "created"]
    for field, result in zip(bad, report["rows"][1:], strict=False):
        assert field in [error["field"] for error in result["problem"]["errors"]], result
        assert all(error["rule"] and error["message"] for error in result["problem"]["errors"])
    assert (report["created"], report["refused"]) == (2, len(bad) + len(shapeless))
    assert len((await ana.get("/items", mine=True)).json()["items"]) == 2


async def test_the_same_rows_again_change_nothing(market: Any) -> None:
    """No version, no event, whatever the key; a changed row is updated, alone."""
    ana = market.member()
    rows = [row(number, rating="3.9") for number in "abc"]
    first = await load(ana, *rows)
    said = len(await market.said())
    again = await load(ana, *rows)
    assert outcomes(again) == ["unchanged"] * 3
    assert len(await market.said()) == said
    changed = await load(ana, rows[0], row("b", price="3.00"), rows[2], row("d"))
    assert outcomes(changed) == ["unchanged", "updated", "unchanged", "created"]
    assert len(await market.said()) == said + 2
    ids = [result["item_id"] for result in first["rows"]]
    assert [result["item_id"] for result in changed["rows"][:3]] == ids
    assert [name for name, _ in await market.said(ids[1])] == ["ItemChanged", "ItemChanged"]


async def test_a_key_answers_an_import_again(market: Any) -> None:
    """A lost answer costs nothing; other rows under the same key are refused."""
    ana = market.member()
    first = await ana.post("/items/import", {"items": [row("a")]}, key="load")
    again = await ana.post("/items/import", {"items": [row("a")]}, key="load")
    other = await ana.post("/items/import", {"items": [row("b")]}, key="load")
    assert (again.content, other.status_code) == (first.content, 409)


async def test_a_reference_counts_once_a_request_and_belongs_to_its_seller(market: Any) -> None:
    """The second in one request is refused; another seller has references of their own."""
    ana, ben = market.member(), market.member()
    report = await load(ana, row("a"), row("b"), row("a", price="9.00"))
    assert outcomes(report) == ["created", "created", "refused"]
    assert report["rows"][2]["problem"]["errors"][0]["rule"] == "repeated"
    assert outcomes(await load(ben, row("a"))) == ["created"]


async def test_an_update_obeys_the_rules_of_stock_and_status(market: Any) -> None:
    """Held pieces can't be imported away; a hand-made change survives the same row."""
    ana, ben = market.member(), market.member()
    [made] = (await load(ana, row("a", quantity=2)))["rows"]
    offer = {"item_id": made["item_id"], "amount": "5.00", "asset": "LXC", "quantity": 2}
    trade = await ben.made("/trades", offer)
    await ana.made(f"/trades/{trade['id']}/accept")
    few = await load(ana, row("a", quantity=1))
    assert few["rows"][0]["problem"]["errors"][0]["field"] == "quantity"
    draft = await load(ana, row("a", quantity=2, status="draft"))
    assert draft["rows"][0]["problem"]["errors"][0]["field"] == "status"
    more = await load(ana, row("a", quantity=3))
    assert outcomes(more) == ["updated"]
    assert await market.stock(made["item_id"]) == ("active", 3, 2, 0)
    await ana.patch(f"/items/{made['item_id']}", {"title": "By hand"})
    assert outcomes(await load(ana, row("a", quantity=3))) == ["unchanged"]
    assert (await ana.get(f"/items/{made['item_id']}")).json()["title"] == "By hand"


async def test_missing_categories_are_added_once(market: Any) -> None:
    """Several levels at once, in any spelling, from several imports at the same time."""
    people = [market.member() for _ in range(6)]
    rows = [
        row("1", category="Attic > Trunks > Old"),
        row("2", category="attic/trunks"),
        row("3", category="ATTIC > Boxes"),
    ]
    await asyncio.gather(*(load(who, *rows) for who in people))
    tree = (await people[0].get("/categories")).json()["categories"]
    paths = [category["path"] for category in tree if category["path"].startswith("attic")]
    assert sorted(paths) == ["attic", "attic/boxes", "attic/trunks", "attic/trunks/old"]


async def test_parallel_imports_of_the_same_rows_create_each_once(market: Any) -> None:
    """Eight requests with the same 60 rows: each row is created once and said once."""
    ana = market.member()
    rows = [row(f"p{number}") for number in range(60)]
    reports = await asyncio.gather(*(load(ana, *rows) for _ in range(8)))
    total = Counter(outcome for report in reports for outcome in outcomes(report))
    assert total == {"created": 60, "unchanged": 420}
    ids = {result["item_id"] for report in reports for result in report["rows"]}
    assert len(ids) == 60
    assert len([1 for _, said in await market.said() if said.get("item_id") in ids]) == 60


@pytest.mark.slow
@pytest.mark.alone
@needs_groceries
async def test_fifteen_thousand_real_rows_load_in_time_and_again_change_nothing(
    market: Any,
) -> None:
    """Messy real rows: all but those without a title or price are kept, well under a minute."""
    with GROCERIES.open(newline="", encoding="utf-8") as lines:
        rows = [
            {
                "external_ref": line["index"],
                "title": line["product"],
                "category": f"{line['category']} > {line['sub_category']}",
                "brand": line["brand"] or None,
                "item_type": line["type"] or None,
                "price": line["sale_price"],
                "asset": "INR",
                "rating": line["rating"] or None,
            }
            for line in csv.DictReader(lines)
        ]
    ana = market.member()
    seconds, first = await timed(ana, rows)
    refused = [r for report in first for r in report["rows"] if r["outcome"] == "refused"]
    assert sum(report["created"] for report in first) + len(refused) == len(rows) == 15_000
    assert len(refused) < 20
    assert all(result["problem"]["errors"] for result in refused)
    assert seconds < 40
    said = len(await market.said())
    _, second = await timed(ana, rows)
    assert sum(report["unchanged"] for report in second) == 15_000 - len(refused)
    assert len(await market.said()) == said


async def timed(member: Any, rows: list[dict[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
    """Load all rows, 500 at a time, four requests at once; returns seconds and reports."""
    gate = asyncio.Semaphore(4)

    async def part(start: int) -> dict[str, Any]:
        async with gate:
            return await load(member, *rows[start : start + 500])

    started = time.perf_counter()
    reports = await asyncio.gather(*(part(start) for start in range(0, len(rows), 500)))
    return time.perf_counter() - started, reports
