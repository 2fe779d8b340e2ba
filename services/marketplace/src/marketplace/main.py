"""The marketplace: its slices, wired. Read this first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

from chassis.service import Job, Resources, Service
from chassis.subscription import Subscription
from marketplace.categories.change import RETELL
from marketplace.categories.fold import fold_tally
from marketplace.categories.router import router as categories_router
from marketplace.categories.tell import TELL, tell_categories
from marketplace.disputes.router import router as disputes_router
from marketplace.image_urls import set_base
from marketplace.images.decoding.pool import Decoders
from marketplace.images.router import router as images_router
from marketplace.images.storage import Bucket
from marketplace.images.work import JOBS as IMAGE_JOBS
from marketplace.inventories.consumers import make_subscription as listen_for_inventories
from marketplace.items.consumers import INDEX, LEAVERS
from marketplace.items.retell import retell_items
from marketplace.items.router import router as items_router
from marketplace.members.consumers import MEMBERS
from marketplace.messages.router import router as messages_router
from marketplace.ratings.consumers import RATING_WINDOWS
from marketplace.ratings.router import router as ratings_router
from marketplace.reports.router import router as reports_router
from marketplace.reputations.consumers import make_subscription as listen_for_reputations
from marketplace.reputations.router import router as reputations_router
from marketplace.reputations.tell import TELL as TELL_REPUTATIONS
from marketplace.reputations.tell import tell_reputations
from marketplace.saved_searches.digest import tell_matches
from marketplace.saved_searches.match import match_arrivals
from marketplace.saved_searches.router import router as saved_searches_router
from marketplace.settings import MarketplaceSettings
from marketplace.trades.codes.router import router as codes_router
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from marketplace.trades.router import router as trades_router
from marketplace.watches.router import router as watches_router
from marketplace.watches.tell import tell_watchers

SQL: Final = Path(__file__).parents[2] / "sql"
FOLD_SECONDS: Final = 30.0
TELL_SECONDS: Final = 1.0
#: Transactions of one kind of work in one go; then the other kinds have their turn.
PAGES_MAX: Final = 100


async def tell_of_watched(resources: Resources) -> None:
    """Tell watchers what is news, page by page."""
    for _ in range(PAGES_MAX):
        async with resources.database.transaction() as conn:
            if not await tell_watchers(conn):
                return


async def find_for_searches(resources: Resources) -> None:
    """Match what came on offer with saved searches, then tell whose digest is due."""
    wait = timedelta(seconds=cast("MarketplaceSettings", resources.settings).digest_seconds)
    for work in (match_arrivals, tell_matches):
        for _ in range(PAGES_MAX):
            async with resources.database.transaction() as conn:
                now = resources.clock.now()
                if not await work(conn, now=now, digest_after=wait):
                    break


@asynccontextmanager
async def _open(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    settings: MarketplaceSettings = resources.settings
    set_base(settings.images_base_url)
    async with Decoders.open(settings.image_decoders) as decoders:
        yield {
            "image_bucket": Bucket.open(settings),
            "image_decoders": decoders,
            "image_places": asyncio.Semaphore(settings.image_uploads_max),
        }


def _listen(resources: Resources) -> Sequence[Subscription]:
    makers = (listen_for_reputations, listen_for_inventories)
    return [*listen_to_escrow(resources), *(make(resources.clock) for make in makers)]


service = Service(
    name="marketplace",
    settings=MarketplaceSettings,
    sql=SQL,
    routers=[
        categories_router,
        items_router,
        images_router,
        reports_router,
        watches_router,
        saved_searches_router,
        trades_router,
        codes_router,
        messages_router,
        disputes_router,
        ratings_router,
        reputations_router,
    ],
    subscriptions=[MEMBERS, INDEX, LEAVERS],
    make_subscriptions=_listen,
    timers={
        **TRADE_DEADLINES,
        **RATING_WINDOWS,
        RETELL: retell_items,
        TELL: tell_categories,
        TELL_REPUTATIONS: tell_reputations,
    },
    by_community=True,
    jobs=(
        Job("categories.fold", FOLD_SECONDS, fold_tally, every_community=True),
        Job("watches.tell", TELL_SECONDS, tell_of_watched, every_community=True),
        Job("saved_searches.find", TELL_SECONDS, find_for_searches, every_community=True),
        *IMAGE_JOBS,
    ),
    resources=_open,
)
