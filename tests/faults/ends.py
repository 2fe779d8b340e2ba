"""A story in which trades end in each way, one step after the other, so that nothing overlaps."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.operators import Office
from chassis.tokens import Caller
from marketplace.trades.compensate import compensate_trade
from marketplace.trades.confirm import confirm_trade
from marketplace.trades.dispute import dispute_trade
from marketplace.trades.hand_over import hand_over_trade
from marketplace.trades.models import Trade
from marketplace.trades.requests import RulingBody
from marketplace.trades.resolve import resolve_trade
from tests.faults.done import Left
from tests.faults.story import COMMUNITY, SHOP, Teller
from tests.faults.subject import Running, insist

OPERATOR: Final = UUID("01a1fdfa-0000-7000-8000-0000000000f2")
ENDS_LEAVE: Final = Left(
    transfers={
        **dict.fromkeys(("issue", "reservation.reserve", "reservation.expire"), 1),
        "escrow.fund": 4,
        "escrow.release": 1,
        "escrow.split": 1,
        "escrow.refund": 2,
    },
    ana=10_000 - 2_000 - 1_500,
    ben=0,
    trades=[
        ("refunded", ["offer", "accept", "fund", "compensate", "repay"]),
        ("refunded", ["offer", "accept", "fund", "expire", "repay"]),
        ("released", ["offer", "accept", "fund", "dispute", "rule-split", "pay"]),
        ("released", ["offer", "accept", "fund", "hand-over", "confirm", "pay"]),
    ],
    keys=sorted(
        [
            *(f"{verb}-{end}" for verb in ("offer", "accept") for end in "abcd"),
            *("call-off", "confirm", "dispute", "hand-over", "issue", "reserve", "rule"),
        ]
    ),
)


class Ends(Teller):
    """Tells of trades until each has ended in its own way."""

    async def tell(self) -> None:
        """Ana buys four times: she confirms, or an operator splits, or undoes, or time is over."""
        mains = await insist(self._open_accounts)
        await self._post("issue", mains["outside"], mains["ana"], 10_000)
        await self._confirm(await self._fund("-a"))
        await self._split(await self._fund("-b"))
        trade = await self._fund("-c")
        office = Office("Olga", "the shop has closed")
        await self._move(
            "call-off", lambda conn, now: compensate_trade(conn, trade, office, now=now)
        )
        await self._takes(trade, "repay")
        reservation = await self._reserve(mains["ana"], mains["ben"])
        self._running.clock.by = timedelta(hours=2)
        await self._until(
            "ledger", f"SELECT state = 'EXPIRED' FROM reservation WHERE id = '{reservation}'"
        )
        trade = await self._fund("-d")
        self._running.clock.by = timedelta(days=20)
        await self._takes(trade, "repay")
        await self._all_is_told()

    async def _fund(self, name: str) -> UUID:
        trade = await self._trade(name)
        await self._takes(trade, "fund")
        return trade

    async def _confirm(self, trade: UUID) -> None:
        shop, ana = self._caller(SHOP), self._caller(self._ana)
        patience = self._running.market_settings.patience()

        async def hand_over(conn: Connection, now: Any) -> Trade:
            moved = await hand_over_trade(conn, trade, shop, now=now, patience=patience)
            assert isinstance(moved, Trade)
            return moved

        await self._move("hand-over", hand_over)
        await self._move("confirm", lambda conn, now: confirm_trade(conn, trade, ana, now=now))
        await self._takes(trade, "pay")

    async def _split(self, trade: UUID) -> None:
        ana = self._caller(self._ana)
        olga = Caller(OPERATOR, frozenset({"OPERATOR"}), COMMUNITY)
        ruling = RulingBody(ruling="split", buyer_gets="5.00", reason="a wheel is bent")
        await self._move(
            "dispute", lambda conn, now: dispute_trade(conn, trade, ana, "bent", now=now)
        )
        await self._move(
            "rule", lambda conn, now: resolve_trade(conn, trade, olga, ruling, now=now)
        )
        await self._takes(trade, "pay")

    async def _move(self, key: str, verb: Callable[[Connection, Any], Awaitable[Trade]]) -> None:
        async def move(conn: Connection) -> Trade:
            return await verb(conn, self._running.clock.now())

        await self._ask(key, self._step(key, move))

    async def _takes(self, trade: UUID, action: str) -> None:
        """Wait for a step of the ledger's, which may be long past when the story is told again."""
        await self._until(
            "marketplace",
            "SELECT EXISTS (SELECT FROM trade_step "
            f"WHERE trade_id = '{trade}' AND action = '{action}')",
        )


async def tell_ends(running: Running, cell: int) -> None:
    """Tell the story of a cell."""
    await Ends(running, cell).tell()
