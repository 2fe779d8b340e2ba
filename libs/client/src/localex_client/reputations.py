"""What people say of trades: messages, evidence, ratings, and the reputation these make."""

from collections.abc import Sequence
from uuid import UUID

from localex_client.trade_models import (
    Rating,
    RatingPage,
    Reputation,
    TradeMessage,
    TradeMessages,
    TradeRatings,
    TradeStatement,
)
from localex_client.wire import Wire


class Reputations(Wire):
    """Calls about what people say; others are told live that something was said, not what."""

    async def write_message(
        self, trade_id: UUID, text: str, *, key: str | None = None
    ) -> TradeMessage:
        """Write to the other party of a trade."""
        answer = await self.write(f"/v1/trades/{trade_id}/messages", {"text": text}, key)
        return TradeMessage.model_validate(answer)

    async def trade_messages(self, trade_id: UUID, *, after: int = 0) -> TradeMessages:
        """What the two wrote, oldest first."""
        path = f"/v1/trades/{trade_id}/messages"
        return TradeMessages.model_validate(await self.ask("GET", path, query={"after": after}))

    async def make_statement(
        self,
        trade_id: UUID,
        text: str,
        *,
        image_ids: Sequence[UUID] = (),
        key: str | None = None,
    ) -> TradeStatement:
        """Give evidence in a dispute."""
        body = {"text": text, "image_ids": [str(one) for one in image_ids]}
        answer = await self.write(f"/v1/trades/{trade_id}/statements", body, key)
        return TradeStatement.model_validate(answer)

    async def statements(self, trade_id: UUID) -> list[TradeStatement]:
        """The evidence of a dispute."""
        answer = await self.ask("GET", f"/v1/trades/{trade_id}/statements")
        return [TradeStatement.model_validate(one) for one in answer["statements"]]

    async def rate(
        self, trade_id: UUID, stars: int, text: str | None = None, *, key: str | None = None
    ) -> Rating:
        """Rate the other party of a settled trade, once."""
        body = {"stars": stars, "text": text}
        return Rating.model_validate(await self.write(f"/v1/trades/{trade_id}/ratings", body, key))

    async def trade_ratings(self, trade_id: UUID) -> TradeRatings:
        """One's own rating, and the other's once it is revealed."""
        answer = await self.ask("GET", f"/v1/trades/{trade_id}/ratings")
        return TradeRatings.model_validate(answer)

    async def member_ratings(self, user_id: UUID, *, cursor: str | None = None) -> RatingPage:
        """What others said of a member."""
        path = f"/v1/members/{user_id}/ratings"
        return RatingPage.model_validate(await self.ask("GET", path, query={"cursor": cursor}))

    async def reputation(self, user_id: UUID) -> Reputation:
        """What trades and ratings say of a member."""
        return Reputation.model_validate(await self.ask("GET", f"/v1/members/{user_id}/reputation"))

    async def recount_reputation(self, user_id: UUID, *, key: str | None = None) -> Reputation:
        """Have a member's reputation made anew from trades and ratings. Operators only."""
        path = f"/v1/members/{user_id}/reputation/recount"
        return Reputation.model_validate(await self.write(path, {}, key))
