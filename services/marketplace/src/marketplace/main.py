"""The marketplace: its slices, wired. Read this first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chassis.resources import Resources
from chassis.service import Service
from chassis.subscription import Subscription
from marketplace.categories.router import router as categories_router
from marketplace.disputes.router import router as disputes_router
from marketplace.items.router import router as items_router
from marketplace.members.consumers import MEMBERS
from marketplace.messages.router import router as messages_router
from marketplace.ratings.consumers import RATING_WINDOWS
from marketplace.ratings.router import router as ratings_router
from marketplace.reputations.consumers import make_subscription as listen_for_reputations
from marketplace.reputations.router import router as reputations_router
from marketplace.settings import MarketplaceSettings
from marketplace.trades.codes.router import router as codes_router
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from marketplace.trades.router import router as trades_router

SQL: Final = Path(__file__).parents[2] / "sql"


def _listen(resources: Resources) -> Sequence[Subscription]:
    return [*listen_to_escrow(resources), listen_for_reputations(resources.clock)]


service = Service(
    name="marketplace",
    settings=MarketplaceSettings,
    sql=SQL,
    routers=[
        categories_router,
        items_router,
        trades_router,
        codes_router,
        messages_router,
        disputes_router,
        ratings_router,
        reputations_router,
    ],
    subscriptions=[MEMBERS],
    make_subscriptions=_listen,
    timers=TRADE_DEADLINES | RATING_WINDOWS,
)
