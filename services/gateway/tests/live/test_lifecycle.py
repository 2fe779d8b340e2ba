"""What each person may see, and its form on the wire."""

from typing import Any
from uuid import UUID

import pytest

from gateway.live.lifecycle import read_event_id, render_event, render_gap, view_for

ANA, BEN = UUID(int=1), UUID(int=2)


def test_nobody_sees_anothers_balance() -> None:
    """Of a transfer each side sees both amounts, and only the own balance."""
    entries: list[dict[str, Any]] = [
        {"owner_id": str(ANA), "amount_minor": "-5", "balance_after_minor": "95"},
        {"owner_id": str(BEN), "amount_minor": "5", "balance_after_minor": "105"},
        {"owner_id": None, "amount_minor": "0", "balance_after_minor": "7"},
    ]
    shown = view_for(BEN, "ledger.TransferPosted", {"kind": "x", "entries": entries})
    assert shown["kind"] == "x"
    assert [entry.get("balance_after_minor") for entry in shown["entries"]] == [None, "105", None]
    assert [entry["amount_minor"] for entry in shown["entries"]] == ["-5", "5", "0"]
    assert entries[0]["balance_after_minor"] == "95"


def test_other_events_are_shown_as_they_are() -> None:
    """Only money has a side that is not for everybody."""
    data = {"state": "offered"}
    assert view_for(ANA, "marketplace.TradeOffered", data) is data


@pytest.mark.parametrize(("text", "seen"), [(None, None), ("", None), ("0", 0), ("17", 17)])
def test_the_last_event_is_a_number(text: str | None, seen: int | None) -> None:
    """What was sent as id comes back."""
    assert read_event_id(text) == seen


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "1 ", "9" * 19, "\u0661", "0x1"])
def test_other_ids_are_refused(text: str) -> None:
    """Nobody else's ids are understood."""
    with pytest.raises(ValueError, match="whole number"):
        read_event_id(text)


def test_events_have_the_form_of_sse() -> None:
    """Id, type and data on a line each, and an empty line at the end."""
    assert render_event(7, "a.B", '{"x": 1}') == b'id: 7\nevent: a.B\ndata: {"x": 1}\n\n'
    assert render_gap(3, 10).startswith(b"id: 9\nevent: gateway.EventsForgotten\n")
