"""The marketplace: its slices, wired. Read this first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from chassis.resources import Resources
from chassis.service import Service
from marketplace.categories.router import router as categories_router
from marketplace.image_urls import set_base
from marketplace.images.decoding.pool import Decoders
from marketplace.images.router import router as images_router
from marketplace.images.storage import Bucket
from marketplace.images.work import JOBS as IMAGE_JOBS
from marketplace.items.router import router as items_router
from marketplace.members.consumers import MEMBERS
from marketplace.settings import MarketplaceSettings
from marketplace.trades.consumers import TRADE_DEADLINES, listen_to_escrow
from marketplace.trades.router import router as trades_router

SQL: Final = Path(__file__).parents[2] / "sql"


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


service = Service(
    name="marketplace",
    settings=MarketplaceSettings,
    sql=SQL,
    routers=[categories_router, items_router, images_router, trades_router],
    subscriptions=[MEMBERS],
    make_subscriptions=listen_to_escrow,
    timers=TRADE_DEADLINES,
    jobs=IMAGE_JOBS,
    resources=_open,
)
