"""Evidence of a dispute: by both parties, for operators, bounded, never changed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from marketplace.images.collecting.drop_orphans import drop_orphans
from services.marketplace.tests.members.test_erased import erase
from services.marketplace.tests.messages.test_router import slug
from services.marketplace.tests.trades.test_sql import attempt


async def test_both_parties_give_evidence_and_the_operator_reads_it(market: Any) -> None:
    """In order, with images that all of them see; it stays readable after the ruling."""
    seller, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}/statements"
    image = await market.picture(buyer)
    await buyer.made(path, {"text": "The chain is broken", "image_ids": [image]})
    await seller.made(path, {"text": "It was whole at the hand-over"})
    operator = market.member("OPERATOR")
    await operator.made(f"/trades/{trade['id']}/resolve", {"ruling": "release"})
    for reader in (seller, buyer, operator):
        seen = (await reader.get(path)).json()["statements"]
        assert [(one["seq"], one["by"]) for one in seen] == [(1, "buyer"), (2, "seller")]
        assert seen[0]["image_ids"] == [image]
        assert [one["id"] for one in seen[0]["images"]] == [image]
        assert seen[0]["images"][0]["urls"]["large"].endswith("/large.webp")
        assert seen[1]["images"] == []
    assert (await market.member().get(path)).status_code == 404


async def test_evidence_is_told_without_its_words(market: Any) -> None:
    """How many images, not which; not what was stated."""
    _, buyer, trade = await market.trade_in("disputed")
    image = await market.picture(buyer)
    body = {"text": "The chain is broken", "image_ids": [image]}
    await buyer.made(f"/trades/{trade['id']}/statements", body)
    name, said = (await market.said(trade["id"]))[-1]
    assert (name, said["images"]) == ("StatementMade", 1)
    assert "chain" not in str(said)
    assert image not in str(said)


async def test_statements_are_for_disputes_and_for_parties(market: Any) -> None:
    """Before one there is nobody to tell; operators rule, and do not testify."""
    _, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}/statements"
    assert slug(await buyer.post(path, {"text": "It squeaks"})) == "nothing-disputed"
    await buyer.made(f"/trades/{trade['id']}/dispute", {"reason": "it squeaks"})
    assert (await market.member("OPERATOR").post(path, {"text": "x"})).status_code == 404
    too_many = {"text": "x", "image_ids": [str(uuid4()) for _ in range(11)]}
    assert (await buyer.post(path, too_many)).status_code == 422


async def test_evidence_shows_images_of_ones_own(market: Any) -> None:
    """Nobody else's, none that was refused, none that is not ready, none twice; all or nothing."""
    seller, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}/statements"
    own = await market.picture(buyer)
    waiting = await market.picture(buyer, state="UPLOADED")
    for image, problem in (
        (await market.picture(seller), "no-such-image"),
        (str(uuid4()), "no-such-image"),
        (await market.picture(buyer, state="REFUSED"), "image-refused"),
        (waiting, "image-not-ready"),
        (own, "malformed"),
    ):
        answer = await buyer.post(path, {"text": "x", "image_ids": [own, image]})
        assert slug(answer) == problem
    assert (await buyer.get(path)).json()["statements"] == []
    assert (await buyer.delete(f"/images/{own}")).status_code == 200


async def test_an_image_that_was_shown_stays(market: Any) -> None:
    """Its owner cannot delete it, nor does time; it goes with them when they are erased."""
    _, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}/statements"
    image = await market.picture(buyer)
    await buyer.made(path, {"text": "The chain is broken", "image_ids": [image]})
    assert slug(await buyer.delete(f"/images/{image}")) == "image-is-evidence"
    market.clock.move(timedelta(days=400))
    async with market.database.transaction() as conn:
        await drop_orphans(conn, now=market.clock.now(), after=timedelta(days=1))
    assert len((await buyer.get(path)).json()["statements"][0]["images"]) == 1
    await erase(market, buyer)
    operator = market.member("OPERATOR")
    (left,) = (await operator.get(path)).json()["statements"]
    assert (left["image_ids"], left["images"], left["text"]) == ([image], [], "[erased]")


async def test_each_party_has_twenty_statements(market: Any) -> None:
    """The other's are not counted."""
    seller, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}/statements"
    for number in range(20):
        await buyer.made(path, {"text": f"{number}"})
    assert slug(await buyer.post(path, {"text": "more"})) == "enough-stated"
    assert (await seller.made(path, {"text": "mine"}))["seq"] == 21


async def test_the_database_holds_evidence(market: Any) -> None:
    """Only of a disputed trade, only by a party, and nothing is changed."""
    _, _, trade = await market.trade_in("funded")
    insert = (
        "INSERT INTO trade_statement "
        "SELECT id, $2, buyer_id, 'x', '{}', now() FROM trade WHERE id = $1"
    )
    assert await attempt(market, insert, trade["id"], 1) == "trade_statement_by_party"
    _, _, disputed = await market.trade_in("disputed")
    assert await attempt(market, insert, disputed["id"], 2) == "trade_statement_seq_follows"
    assert await attempt(market, insert, disputed["id"], 1) == ""
    insert = insert.replace("'{}'", "$3")
    seller, buyer, other = await market.trade_in("disputed")
    shown, foreign = await market.picture(buyer), await market.picture(seller)
    for images in ([foreign], [shown, foreign], [shown, shown], [str(uuid4())]):
        refused = await attempt(market, insert, other["id"], 1, images)
        assert refused == "trade_statement_images_own"
    assert await attempt(market, insert, other["id"], 1, [shown]) == ""
    assert (
        await attempt(market, f"DELETE FROM image WHERE id = '{shown}'") == "image_evidence_stays"
    )
    assert await attempt(market, "UPDATE image SET evidence_since = NULL") == "no privilege"
    for statement in ("UPDATE trade_statement SET text = 'y'", "DELETE FROM trade_statement"):
        assert await attempt(market, statement) == "no privilege"
