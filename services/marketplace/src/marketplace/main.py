"""The marketplace: its slices, wired. Read this first."""

from pathlib import Path
from typing import Final

from chassis.service import Job, Service
from marketplace.categories.change import RETELL
from marketplace.categories.fold import fold_tally
from marketplace.categories.router import router as categories_router
from marketplace.categories.tell import TELL, tell_categories
from marketplace.items.retell import retell_items
from marketplace.items.router import router as items_router
from marketplace.members.consumers import MEMBERS
from marketplace.settings import MarketplaceSettings
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from marketplace.trades.router import router as trades_router

SQL: Final = Path(__file__).parents[2] / "sql"
FOLD_SECONDS: Final = 30.0

service = Service(
    name="marketplace",
    settings=MarketplaceSettings,
    sql=SQL,
    routers=[categories_router, items_router, trades_router],
    subscriptions=[MEMBERS],
    make_subscriptions=listen_to_escrow,
    timers={**TRADE_DEADLINES, RETELL: retell_items, TELL: tell_categories},
    jobs=(Job("categories.fold", FOLD_SECONDS, fold_tally),),
)
