"""Which event tells whom what, and in which words. Pure."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.marketplace_trades import TradeAccepted, TradeFunded, TradeOffered
from contracts.messages import MESSAGES, Message
from contracts.samples import samples
from gateway.notifications.english import HEADLINES, SOMETHING
from gateway.notifications.lifecycle import KINDS
from gateway.notifications.notices import (
    TELLERS,
    notice_of_reminder,
    notices_of,
    reminder_of,
)
from gateway.notifications.words import headline, language_of, one_line
from services.gateway.tests.notifications.telling import (
    ANA,
    BEN,
    NOW,
    decided,
    gift,
    message,
    moved,
    trade,
)

EVENT = UUID(int=7)


def told(what: Message) -> dict[UUID, str]:
    """Kinds by person."""
    return {one.user_id: one.kind for one in notices_of(what, EVENT, NOW)}


def test_each_side_hears_what_the_other_did() -> None:
    """Ana sells to Ben."""
    assert told(trade("TradeOffered")) == {ANA: "trade_offered"}
    assert told(trade("TradeCountered", by_id=ANA)) == {BEN: "trade_countered"}
    assert told(trade("TradeAccepted", by_id=BEN)) == {ANA: "trade_accepted"}
    assert told(trade("TradeFunded")) == {ANA: "trade_funded"}
    assert told(trade("TradeHandedOver")) == {BEN: "trade_handed_over"}
    both = {ANA: "trade_completed", BEN: "trade_completed"}
    assert told(trade("TradeReleased", fee_minor=0)) == both
    cancelled = trade("TradeCancelled", by_id=ANA, reason="gone")
    assert told(cancelled) == {BEN: "trade_ended"}
    assert told(trade("TradeDisputed", by_id=BEN, reason="broken")) == {ANA: "trade_disputed"}


def test_a_ruling_is_told_to_both() -> None:
    """Even to an operator who is one of them."""
    ruled = trade("TradeResolved", by_id=ANA, ruling="split", reason="half")
    assert told(ruled) == {ANA: "trade_ruled", BEN: "trade_ruled"}


def test_what_an_older_marketplace_told_goes_to_both() -> None:
    """It did not say who agreed."""
    assert told(trade("TradeAccepted")) == {ANA: "trade_accepted", BEN: "trade_accepted"}


def test_a_payment_is_told_to_the_payee() -> None:
    """Not to who paid, nor what an escrow moved, which the trade tells."""
    assert told(moved("transfer", payer=BEN, payee=ANA)) == {ANA: "payment_received"}
    assert told(moved("transfer", payer=BEN, payee=BEN)) == {}
    assert told(moved("escrow.release", payer=BEN, payee=ANA)) == {}


@pytest.mark.parametrize("decision", ["APPROVED", "REJECTED"])
def test_who_wanted_to_issue_hears_what_another_decided(decision: str) -> None:
    """How much, and how; who drops their own request hears nothing."""
    [notice] = notices_of(decided(decision), EVENT, NOW)
    assert (notice.user_id, notice.data["decision"]) == (ANA, decision)
    assert "20000.00 LXC" in headline("en", notice.kind, notice.data)
    assert told(decided("REJECTED", by=ANA)) == {}


@pytest.mark.parametrize("ready", [True, False])
def test_who_asked_for_an_export_hears_of_its_end(ready: bool) -> None:
    """That it is there, or is not to be waited for any more."""
    event = {"user_id": ANA, "export_id": UUID(int=9), "ready": ready, "ended_at": NOW}
    [notice] = notices_of(MESSAGES["gateway.ExportEnded"].model_validate(event), EVENT, NOW)
    assert (notice.user_id, notice.kind) == (ANA, "export_ended")
    assert ("is ready" in headline("en", notice.kind, notice.data)) is ready


def reminded() -> tuple[str, datetime]:
    """The reminder of that gift."""
    found = reminder_of(gift())
    assert found is not None
    return found


def test_a_gift_that_ends_is_spoken_of_again() -> None:
    """Three days before; one without an end is not."""
    key, due_at = reminded()
    assert due_at == NOW + timedelta(days=27)
    notice = notice_of_reminder(key, NOW)
    assert (notice.user_id, notice.event_id) == (ANA, UUID(int=5))
    line = headline("en", notice.kind, notice.data)
    assert line == "A gift of 10.00 LXC ends on 2026-12-21: what is left of it goes back"
    assert reminder_of(gift(expires_at=None)) is None
    assert "birthday" not in str(notices_of(gift(), EVENT, NOW))


def all_samples() -> list[Any]:
    """Every alternative of every event that tells somebody something."""
    return [
        pytest.param(model, n, id=f"{model.__name__}-{n}")
        for model in TELLERS
        for n, _ in enumerate(samples(model.model_json_schema(mode="serialization")))
    ]


@pytest.mark.parametrize(("model", "n"), all_samples())
def test_every_event_makes_known_kinds_with_whole_words(model: type[Message], n: int) -> None:
    """No kind without a default, and no line with a field that is missing."""
    payload = samples(model.model_json_schema(mode="serialization"))[n]
    for one in notices_of(model.model_validate(payload), EVENT, NOW):
        assert one.kind in KINDS
        line = headline("en", one.kind, one.data)
        assert line != SOMETHING
        assert "?" not in line


def test_every_kind_can_happen_and_has_words() -> None:
    """Nothing is offered as a choice that nobody is ever told."""
    made = {
        one.kind
        for model in TELLERS
        for payload in samples(model.model_json_schema(mode="serialization"))
        for one in notices_of(model.model_validate(payload), EVENT, NOW)
    }
    # A sample's people are all the same one: nobody is told what they did themselves.
    made |= set(told(trade("TradeCountered", by_id=ANA)).values())
    made |= set(told(trade("TradeAccepted", by_id=ANA)).values())
    made |= set(told(trade("TradeDisputed", by_id=ANA, reason="x")).values())
    made |= set(told(message("MessageSent")).values()) | set(
        told(message("StatementMade")).values()
    )
    made |= set(told(moved("transfer", payer=BEN, payee=ANA)).values())
    made |= set(told(decided("APPROVED")).values())
    made.add(notice_of_reminder(reminded()[0], NOW).kind)
    assert made == set(KINDS) == set(HEADLINES)


def test_most_events_tell_nothing() -> None:
    """Those that are not in the table."""
    assert len(TELLERS) < len(MESSAGES)
    assert {TradeOffered, TradeAccepted, TradeFunded} <= set(TELLERS)


def test_braces_and_breaks_in_a_title_are_text() -> None:
    """A title is put in as it is, on one line."""
    data = {
        "item_title": "{amount}\r\nBcc: all@example.org\u202e",
        "amount": "1.00",
        "asset": "LXC",
    }
    line = headline("en", "trade_offered", data)
    assert line == "You have an offer of 1.00 LXC for {amount} Bcc: all@example.org"
    assert one_line("x" * 500) == "x" * 159 + "…"


def test_a_language_that_is_not_there_is_english() -> None:
    """And a variant is its language."""
    assert [language_of(one) for one in ("en", "en-GB", "nl", "")] == ["en"] * 4
