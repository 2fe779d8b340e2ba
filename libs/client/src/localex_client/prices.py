"""What things cost: fees, rates, and promises of both."""

from uuid import UUID

from localex_client.account_models import FeeSchedulePage, MadeExchangePage
from localex_client.models import Transfer
from localex_client.money_models import (
    Escrow,
    ExchangeQuote,
    ExchangeRatePage,
    FeeQuote,
    Foreseen,
)
from localex_client.wire import Wire


class Prices(Wire):
    """Calls about quotes, exchanges and the price of a release."""

    async def quote_fees(
        self, operation: str, amount: str, *, asset: str = "LXC", key: str | None = None
    ) -> FeeQuote:
        """What a `transfer` or `escrow.release` costs; promised for 15 minutes."""
        body = {"operation": operation, "amount": amount, "asset": asset}
        return FeeQuote.model_validate(await self.write("/v1/fees/quotes", body, key))

    async def escrow(self, escrow_id: UUID) -> Escrow:
        """The money of a trade that waits, or where it went; its id is the trade's."""
        return Escrow.model_validate(await self.ask("GET", f"/v1/escrows/{escrow_id}"))

    async def accept_price(
        self, escrow_id: UUID, fee_quote: UUID, *, key: str | None = None
    ) -> Escrow:
        """As the payee, let the release cost what a quote promised, whenever it comes.

        Raises:
            ProblemError: The quote is over or for something else, or no money waits.
        """
        body = {"fee_quote": str(fee_quote)}
        path = f"/v1/escrows/{escrow_id}/price"
        return Escrow.model_validate(await self.write(path, body, key))

    async def exchange_rates(
        self, *, from_asset: str | None = None, to_asset: str | None = None
    ) -> ExchangeRatePage:
        """Versions of rates, past, present and to come, newest first."""
        query = {"from_asset": from_asset, "to_asset": to_asset}
        return ExchangeRatePage.model_validate(
            await self.ask("GET", "/v1/exchange-rates", query=query)
        )

    async def quote_exchange(
        self,
        from_account: UUID,
        amount: str,
        to_asset: str,
        *,
        asset: str = "LXC",
        key: str | None = None,
    ) -> ExchangeQuote:
        """What would come of an amount; promised for a minute, for one exchange.

        Raises:
            ProblemError: There is no rate, or nothing would come of so little.
        """
        body = _exchange_of(from_account, amount, to_asset, asset)
        return ExchangeQuote.model_validate(await self.write("/v1/exchanges/quotes", body, key))

    async def exchange(
        self,
        from_account: UUID,
        amount: str,
        to_asset: str,
        *,
        asset: str = "LXC",
        quote: UUID | None = None,
        memo: str | None = None,
        key: str | None = None,
    ) -> Transfer:
        """Exchange an amount, as quoted or at the rate in force.

        Raises:
            ProblemError: Not enough is there, on one side or the other, or the quote is over.
        """
        body = _exchange_of(from_account, amount, to_asset, asset)
        more = {"quote": str(quote) if quote else None, "memo": memo}
        return Transfer.model_validate(await self.write("/v1/exchanges", body | more, key))

    async def foresee_exchange(
        self, from_account: UUID, amount: str, to_asset: str, *, asset: str = "LXC"
    ) -> Foreseen:
        """What would become of an exchange now; nothing is written."""
        body = _exchange_of(from_account, amount, to_asset, asset)
        return Foreseen.model_validate(await self.try_out("/v1/exchanges", body))

    async def exchanges(self, *, cursor: UUID | None = None, limit: int = 50) -> MadeExchangePage:
        """What one has exchanged, newest first, and at which rate."""
        query = {"cursor": str(cursor) if cursor else None, "limit": limit}
        return MadeExchangePage.model_validate(await self.ask("GET", "/v1/exchanges", query=query))

    async def fee_schedules(
        self, *, operation: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> FeeSchedulePage:
        """Versions of price lists, past, present and to come; newest first."""
        query = {"operation": operation, "cursor": cursor, "limit": limit}
        return FeeSchedulePage.model_validate(
            await self.ask("GET", "/v1/fee-schedules", query=query)
        )


def _exchange_of(
    from_account: UUID, amount: str, to_asset: str, asset: str
) -> dict[str, str | None]:
    return {
        "from_account": str(from_account),
        "amount": amount,
        "asset": asset,
        "to_asset": to_asset,
    }
