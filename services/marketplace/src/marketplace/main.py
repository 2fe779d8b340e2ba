"""The marketplace: its slices, wired. Read this first."""

from pathlib import Path
from typing import Final

from chassis.service import Service
from marketplace.categories.router import router as categories_router
from marketplace.items.consumers import INDEX
from marketplace.items.router import router as items_router
from marketplace.members.consumers import MEMBERS
from marketplace.settings import MarketplaceSettings
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from marketplace.trades.router import router as trades_router

SQL: Final = Path(__file__).parents[2] / "sql"

service = Service(
    name="marketplace",
    settings=MarketplaceSettings,
    sql=SQL,
    routers=[categories_router, items_router, trades_router],
    subscriptions=[MEMBERS, INDEX],
    make_subscriptions=listen_to_escrow,
    timers=TRADE_DEADLINES,
)
