"""Trades, from offer to release."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from localex_client.market_models import Trade, TradePage
from localex_client.trade_models import HandOverCode
from localex_client.wire import Wire


class Trades(Wire):
    """Calls about trades."""

    async def offer(  # noqa: PLR0913 - each is a word of the offer
        self,
        item_id: UUID,
        amount: str | None = None,
        *,
        asset: str = "LXC",
        gift_amount: str | None = None,
        gives: Mapping[UUID, int] | None = None,
        quantity: int | None = None,
        message: str | None = None,
        key: str | None = None,
    ) -> Trade:
        """Offer a price for an item, items of one's own for a barter, or ask for a gift.

        Args:
            item_id: Which item.
            amount: For all pieces; none for a gift, and on top in a barter.
            asset: Of the amount.
            gift_amount: What of the amount gift credits pay.
            gives: Items of one's own, with how many pieces of each.
            quantity: How many pieces, one unless said otherwise.
            message: What one would like to say.
            key: Of a repeat.

        Raises:
            ProblemError: The item is not offered so, or a field is malformed.
        """
        body = {
            "item_id": str(item_id),
            "amount": amount,
            "asset": asset if amount is not None else None,
            "gift_amount": gift_amount,
            "gives": [{"item_id": str(one), "quantity": n} for one, n in (gives or {}).items()],
            "quantity": quantity,
            "message": message,
        }
        return Trade.model_validate(await self.write("/v1/trades", body, key))

    async def get_trade(self, trade_id: UUID) -> Trade:
        """One trade, for the two whose it is."""
        return Trade.model_validate(await self.ask("GET", f"/v1/trades/{trade_id}"))

    async def trades(
        self,
        *,
        role: Literal["buyer", "seller"] | None = None,
        state: str | None = None,
        stuck: bool = False,
        cursor: str | None = None,
        limit: int = 20,
    ) -> TradePage:
        """One's own trades, newest first; for operators, with `stuck`, those that do not move."""
        query = {"role": role, "state": state, "stuck": stuck, "cursor": cursor, "limit": limit}
        return TradePage.model_validate(await self.ask("GET", "/v1/trades", query=query))

    async def counter(self, trade_id: UUID, amount: str, *, key: str | None = None) -> Trade:
        """Answer an offer with another price."""
        return await self._step(trade_id, "counter", {"amount": amount}, key)

    async def accept(
        self, trade_id: UUID, *, key: str | None = None, wait_seconds: int | None = None
    ) -> Trade:
        """Agree; the buyer's money goes into escrow next, within `wait_seconds` where given."""
        return await self._step(trade_id, "accept", {}, key, wait_seconds)

    async def decline(self, trade_id: UUID, *, key: str | None = None) -> Trade:
        """Say no."""
        return await self._step(trade_id, "decline", {}, key)

    async def cancel(
        self, trade_id: UUID, *, reason: str | None = None, key: str | None = None
    ) -> Trade:
        """Step back before hand-over; money in escrow goes back."""
        return await self._step(trade_id, "cancel", {"reason": reason}, key)

    async def make_code(self, trade_id: UUID, *, key: str | None = None) -> HandOverCode:
        """Make the code that one shows when one has the item; it replaces an earlier one."""
        answer = await self.write(f"/v1/trades/{trade_id}/code", {}, key)
        return HandOverCode.model_validate(answer)

    async def withdraw_code(self, trade_id: UUID, *, key: str | None = None) -> Trade:
        """Agree to a hand-over without a code."""
        return await self._step(trade_id, "code/withdraw", {}, key)

    async def hand_over(
        self, trade_id: UUID, *, code: str | None = None, key: str | None = None
    ) -> Trade:
        """The seller has handed the item over."""
        return await self._step(trade_id, "hand-over", {"code": code} if code else {}, key)

    async def refund_part(
        self, trade_id: UUID, amount: str, *, reason: str | None = None, key: str | None = None
    ) -> Trade:
        """Agree that the buyer gets a part of the price back at the release."""
        body = {"amount": amount, "reason": reason}
        return await self._step(trade_id, "partial-refund", body, key)

    async def confirm(
        self, trade_id: UUID, *, key: str | None = None, wait_seconds: int | None = None
    ) -> Trade:
        """The buyer has the item; the seller is paid next, within `wait_seconds` where given."""
        return await self._step(trade_id, "confirm", {}, key, wait_seconds)

    async def dispute(self, trade_id: UUID, reason: str, *, key: str | None = None) -> Trade:
        """Ask an operator to decide."""
        return await self._step(trade_id, "dispute", {"reason": reason}, key)

    async def rule(
        self,
        trade_id: UUID,
        ruling: str,
        *,
        buyer_gets: str | None = None,
        reason: str | None = None,
        key: str | None = None,
    ) -> Trade:
        """As an operator: refund, release or split what is disputed."""
        body = {"ruling": ruling, "buyer_gets": buyer_gets, "reason": reason}
        return await self._step(trade_id, "resolve", body, key)

    async def _step(
        self,
        trade_id: UUID,
        verb: str,
        body: dict[str, Any],
        key: str | None,
        wait_seconds: int | None = None,
    ) -> Trade:
        path = f"/v1/trades/{trade_id}/{verb}"
        return Trade.model_validate(await self.write(path, body, key, wait_seconds=wait_seconds))
