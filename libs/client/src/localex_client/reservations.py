"""Money set aside."""

from uuid import UUID

from localex_client.money_models import Reservation, ReservationPage
from localex_client.wire import Wire


class Reservations(Wire):
    """Calls about reservations: of one's own main account."""

    async def reserve(
        self,
        account_id: UUID,
        amount: str,
        *,
        asset: str = "LXC",
        to_account: UUID | None = None,
        expires_in_seconds: int | None = None,
        memo: str | None = None,
        key: str | None = None,
    ) -> Reservation:
        """Set money aside, for 30 minutes unless said.

        Raises:
            ProblemError: Not so much is available.
        """
        body = {
            "account_id": str(account_id),
            "amount": amount,
            "asset": asset,
            "to_account": str(to_account) if to_account else None,
            "expires_in_seconds": expires_in_seconds,
            "memo": memo,
        }
        return Reservation.model_validate(await self.write("/v1/reservations", body, key))

    async def capture(
        self,
        reservation_id: UUID,
        amount: str,
        *,
        to_account: UUID | None = None,
        final: bool = False,
        key: str | None = None,
    ) -> Reservation:
        """Pay from what is set aside; `final` lets the rest go.

        Raises:
            ProblemError: It is over, or less is left.
        """
        body = {
            "amount": amount,
            "to_account": str(to_account) if to_account else None,
            "final": final,
        }
        path = f"/v1/reservations/{reservation_id}/capture"
        return Reservation.model_validate(await self.write(path, body, key))

    async def release(self, reservation_id: UUID, *, key: str | None = None) -> Reservation:
        """Make what is still set aside available again."""
        path = f"/v1/reservations/{reservation_id}/release"
        return Reservation.model_validate(await self.write(path, {}, key))

    async def get_reservation(self, reservation_id: UUID) -> Reservation:
        """One reservation."""
        return Reservation.model_validate(
            await self.ask("GET", f"/v1/reservations/{reservation_id}")
        )

    async def reservations(
        self,
        *,
        account_id: UUID | None = None,
        state: str | None = None,
        cursor: UUID | None = None,
        limit: int | None = None,
    ) -> ReservationPage:
        """One's own reservations, newest first."""
        query = {
            "account_id": str(account_id) if account_id else None,
            "state": state,
            "cursor": str(cursor) if cursor else None,
            "limit": limit,
        }
        return ReservationPage.model_validate(
            await self.ask("GET", "/v1/reservations", query=query)
        )
