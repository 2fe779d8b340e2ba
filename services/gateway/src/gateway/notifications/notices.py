"""Which event tells whom what: a table of functions. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts import gateway, ledger, ledger_accounts, marketplace
from contracts import marketplace_interests as interests
from contracts import marketplace_people as people
from contracts import marketplace_trades as trades
from contracts.messages import Message
from contracts.money import render_amount
from gateway.notifications.lifecycle import GIFT_REMINDER, SECURITY, Notice

type Told = Iterator[tuple[UUID, str, dict[str, Any]]]

#: Transfers by which one person pays another; the rest is told by what moved the money.
_PAYMENTS: Final = frozenset({"transfer", "issuance", "gift.spend", "reservation.capture"})
_SHOWN_MAX: Final = 120
_SEARCHES_MAX: Final = 10


def _shown(text: str) -> str:
    return text[:_SHOWN_MAX]


def _money(minor: int, asset: str) -> dict[str, str]:
    return {"amount": render_amount(minor, asset), "asset": asset}


def _trade(told: Any, side: str) -> dict[str, Any]:
    return {
        "trade_id": str(told.trade_id),
        "item_id": str(told.item_id),
        "item_title": _shown(told.item_title),
        "quantity": told.quantity,
        "side": side,
        "state": told.state,
        **_money(told.amount_minor, told.asset),
    }


def _sides(told: Any, *, but: UUID | None = None) -> Iterator[tuple[UUID, str]]:
    """Buyer and seller, without whoever did it."""
    sides = ((told.buyer_id, "buyer"), (told.seller_id, "seller"))
    yield from (one for one in sides if one[0] != but)


def _trade_told(kind: str, *, only: str = "", **more: str) -> Callable[[Any], Told]:
    """Tell the sides of a trade: one of them, or whoever did not do it, or both."""

    def tell(told: Any) -> Told:
        for person, side in _sides(told, but=getattr(told, "by_id", None)):
            if only in {"", side}:
                yield person, kind, _trade(told, side) | more

    return tell


def _resolved(told: trades.TradeResolved) -> Told:
    # An operator ruled: both sides hear it.
    for person, side in _sides(told):
        yield person, "trade_ruled", {**_trade(told, side), "ruling": told.ruling}


def _said(kind: str) -> Callable[[Any], Told]:
    def tell(told: Any) -> Told:
        for person, side in _sides(told, but=told.by_id):
            yield person, kind, {"trade_id": str(told.trade_id), "seq": told.seq, "side": side}

    return tell


def _rated(told: people.RatingRevealed) -> Told:
    data = {"trade_id": str(told.trade_id), "side": told.about_side, "stars": told.stars}
    yield told.about_id, "rating_revealed", data


def _paid(told: ledger.TransferPosted) -> Told:
    if told.kind not in _PAYMENTS or told.reverses is not None:
        return
    payers = {entry.owner_id for entry in told.entries if entry.amount_minor < 0}
    for entry in told.entries:
        if entry.owner_id is None or entry.amount_minor <= 0 or entry.account_type != "MAIN":
            continue
        if entry.owner_id not in payers:
            data = {"transfer_id": str(told.transfer_id), "account_id": str(entry.account_id)}
            yield entry.owner_id, "payment_received", data | _money(entry.amount_minor, entry.asset)


def _unpaid(told: ledger_accounts.ScheduledTransferFailed) -> Told:
    data = {"scheduled_transfer_id": str(told.scheduled_transfer_id), "problem": told.problem}
    yield told.owner_id, "payment_failed", data | _money(told.amount_minor, told.asset)


def _gift(told: ledger_accounts.GiftGiven) -> Told:
    data: dict[str, Any] = {"gift_id": str(told.gift_id), "account_id": str(told.account_id)}
    if told.expires_at is not None:
        data["expires_at"] = told.expires_at.isoformat()
    yield told.owner_id, "gift_received", data | _money(told.amount_minor, told.asset)


def _gift_over(told: ledger_accounts.GiftExpired) -> Told:
    data = {"gift_id": str(told.gift_id), **_money(told.amount_minor, told.asset)}
    yield told.owner_id, "gift_expired", {**data, "side": "receiver"}
    if told.giver_id != told.owner_id:
        yield told.giver_id, "gift_expired", {**data, "side": "giver"}


def _matched(told: interests.SavedSearchMatched) -> Told:
    searches = [
        {"search_id": str(one.search_id), "name": _shown(one.name), "count": one.count}
        for one in told.searches[:_SEARCHES_MAX]
    ]
    count = sum(one.count for one in told.searches)
    yield told.user_id, "search_matched", {"count": count, "searches": searches}


def _cheaper(told: interests.WatchedItemCheaper) -> Told:
    data = {"item_id": str(told.item_id), "item_title": _shown(told.item_title), "what": "cheaper"}
    yield told.watcher_id, "watch_changed", data | _money(told.price_minor, told.asset)


def _sold(told: interests.WatchedItemSold) -> Told:
    data = {"item_id": str(told.item_id), "item_title": _shown(told.item_title), "what": "sold"}
    yield told.watcher_id, "watch_changed", data


def _moderated(what: str) -> Callable[[Any], Told]:
    def tell(told: Any) -> Told:
        data = {"item_id": str(told.item_id), "item_title": _shown(told.item_title), "what": what}
        yield told.seller_id, "item_moderated", data

    return tell


def _decided(told: marketplace.ReportDecided) -> Told:
    data = {"item_id": str(told.item_id), "item_title": _shown(told.item_title)}
    yield told.reporter_id, "report_decided", {**data, "decision": told.decision}


def _image(told: marketplace.ImageRefused) -> Told:
    yield told.owner_id, "image_refused", {"image_id": str(told.image_id), "reason": told.reason}


def _watched(told: ledger_accounts.MonitorCrossed) -> Told:
    data = {"account_id": str(told.account_id), "monitor_id": str(told.monitor_id)}
    yield told.owner_id, "balance_watched", data | _money(told.observed_minor, told.asset)


def _low(told: ledger_accounts.SoftFloorCrossed) -> Told:
    if told.owner_id is not None:
        data = {"account_id": str(told.account_id)}
        yield told.owner_id, "balance_watched", data | _money(told.available_minor, told.asset)


def _limited(told: ledger_accounts.AccountPolicyChanged) -> Told:
    if told.owner_id is not None and told.change != "limits":
        data = {"account_id": str(told.account_id), "asset": told.asset, "what": told.change}
        yield told.owner_id, "account_limited", data


def _exported(told: gateway.ExportEnded) -> Told:
    what = "ready" if told.ready else "failed"
    yield told.user_id, "export_ended", {"export_id": str(told.export_id), "what": what}


def _issuance(told: ledger_accounts.IssuanceDecided) -> Told:
    if told.requested_by != told.decided_by:
        data = {"request_id": str(told.request_id), "decision": told.decision}
        yield told.requested_by, "issuance_decided", data | _money(told.amount_minor, told.asset)


def _safety(told: gateway.SecurityChanged) -> Told:
    yield told.user_id, SECURITY + told.change, {}


def _leaving(told: gateway.UserLeft) -> Told:
    # Also a warning: it may have been somebody else. Without a grace nobody is there to be told.
    if told.erase_at is not None:
        data = {"erase_on": told.erase_at.date().isoformat()}
        yield told.user_id, "security_leaving_begun", data


def _postponed(told: gateway.UserErasurePostponed) -> Told:
    data = {"erase_on": told.erase_at.date().isoformat(), "because": told.because}
    yield told.user_id, "security_erasure_postponed", data


TELLERS: Final[Mapping[type[Message], Callable[[Any], Told]]] = {
    trades.TradeOffered: _trade_told("trade_offered", only="seller"),
    trades.TradeCountered: _trade_told("trade_countered"),
    trades.TradeAccepted: _trade_told("trade_accepted"),
    trades.TradeFunded: _trade_told("trade_funded", only="seller"),
    trades.TradeHandedOver: _trade_told("trade_handed_over", only="buyer"),
    trades.TradeReleased: _trade_told("trade_completed"),
    trades.TradeDeclined: _trade_told("trade_ended", what="declined"),
    trades.TradeCancelled: _trade_told("trade_ended", what="cancelled"),
    trades.TradeExpired: _trade_told("trade_ended", what="expired"),
    trades.TradeRefunded: _trade_told("trade_ended", only="buyer", what="refunded"),
    trades.TradeDisputed: _trade_told("trade_disputed"),
    trades.TradeResolved: _resolved,
    people.MessageSent: _said("message_received"),
    people.StatementMade: _said("evidence_given"),
    people.RatingRevealed: _rated,
    ledger.TransferPosted: _paid,
    ledger_accounts.ScheduledTransferFailed: _unpaid,
    ledger_accounts.GiftGiven: _gift,
    ledger_accounts.GiftExpired: _gift_over,
    interests.SavedSearchMatched: _matched,
    interests.WatchedItemCheaper: _cheaper,
    interests.WatchedItemSold: _sold,
    marketplace.ItemHidden: _moderated("hidden"),
    marketplace.ItemRestored: _moderated("restored"),
    marketplace.ReportDecided: _decided,
    marketplace.ImageRefused: _image,
    ledger_accounts.MonitorCrossed: _watched,
    ledger_accounts.SoftFloorCrossed: _low,
    ledger_accounts.AccountPolicyChanged: _limited,
    ledger_accounts.IssuanceDecided: _issuance,
    gateway.ExportEnded: _exported,
    gateway.SecurityChanged: _safety,
    gateway.UserLeft: _leaving,
    gateway.UserErasurePostponed: _postponed,
}


def reminder_of(told: Message) -> tuple[str, datetime] | None:
    """The timer that reminds of a gift's end: its key, which says all of it, and when it is due."""
    if not isinstance(told, ledger_accounts.GiftGiven) or told.expires_at is None:
        return None
    facts = (told.owner_id, told.gift_id, told.amount_minor, told.asset)
    key = "/".join([*map(str, facts), told.expires_at.date().isoformat()])
    return key, told.expires_at - GIFT_REMINDER


def notice_of_reminder(key: str, now: datetime) -> Notice:
    """What a timer reminds of."""
    owner, gift, minor, asset, ends_on = key.split("/")
    data = {"gift_id": gift, "ends_on": ends_on, **_money(int(minor), asset)}
    return Notice(UUID(owner), "gift_expiring", UUID(gift), data, now)


def notices_of(told: Message, event_id: UUID, occurred_at: datetime) -> list[Notice]:
    """What an event tells whom; nothing for most."""
    teller = TELLERS.get(type(told))
    if teller is None:
        return []
    return [
        Notice(person, kind, event_id, data, occurred_at) for person, kind, data in teller(told)
    ]
