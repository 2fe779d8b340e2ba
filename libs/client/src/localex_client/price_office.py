"""What operators set: rates, price lists, and the liquidity behind exchanges."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from localex_client.account_models import FeeSchedule
from localex_client.models import Transfer
from localex_client.money_models import ExchangeRate
from localex_client.wire import Wire


class PriceOffice(Wire):
    """Calls of operators about prices: versions are added, never edited."""

    async def add_rate(  # noqa: PLR0913 - each is a word of the rate
        self,
        from_asset: str,
        to_asset: str,
        rate: str,
        source: str,
        *,
        spread_bps: int = 0,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        key: str | None = None,
    ) -> ExchangeRate:
        """Add a version of a rate; without a date it is in force as soon as may be.

        Raises:
            ProblemError: There is one for this time, or it is too soon.
        """
        body = {
            "from_asset": from_asset,
            "to_asset": to_asset,
            "rate": rate,
            "source": source,
            "spread_bps": spread_bps,
            "valid_from": valid_from.isoformat() if valid_from else None,
            "valid_until": valid_until.isoformat() if valid_until else None,
        }
        return ExchangeRate.model_validate(await self.write("/v1/exchange-rates", body, key))

    async def add_fee_schedule(
        self,
        operation: str,
        rules: Sequence[Mapping[str, Any]],
        reason: str,
        *,
        asset: str | None = None,
        community: str | None = None,
        valid_from: datetime | None = None,
        key: str | None = None,
    ) -> FeeSchedule:
        """Add a version of a price list.

        Args:
            operation: Such as `transfer`, `escrow.release` or `exchange`.
            rules: What each tier takes: `tier`, `kind`, and `bps`, `flat` or `brackets`.
            reason: Why; it is kept.
            asset: For amounts of this asset alone.
            community: Of one's own, or for administrators of any.
            valid_from: As soon as may be without one.
            key: Idempotency key.

        Raises:
            ProblemError: A rule has no sense, or there is a version for this time.
        """
        body = {
            "operation": operation,
            "rules": [dict(one) for one in rules],
            "reason": reason,
            "asset": asset,
            "community": community,
            "valid_from": valid_from.isoformat() if valid_from else None,
        }
        return FeeSchedule.model_validate(await self.write("/v1/fee-schedules", body, key))

    async def move_liquidity(
        self,
        direction: Literal["in", "out"],
        amount: str,
        asset: str,
        reason: str,
        *,
        key: str | None = None,
    ) -> Transfer:
        """Put money behind one's community's exchanges, or take it out.

        Raises:
            ProblemError: So much is not there, or the day's limit is reached.
        """
        body = {"direction": direction, "amount": amount, "asset": asset, "reason": reason}
        return Transfer.model_validate(await self.write("/v1/liquidity", body, key))
