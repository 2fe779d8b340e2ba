"""The gateway: people and the edge, the only door for clients."""

from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from chassis.resources import Job, Resources
from chassis.service import Service
from chassis.subscription import Subscription
from gateway import well_known
from gateway.browsers import router as browsers
from gateway.docs import router as docs
from gateway.edge import Edge
from gateway.live import router as live
from gateway.live.consumers import subscribe_live
from gateway.live.prune import prune_events
from gateway.proxy.forward import Forwarder
from gateway.proxy.vouch import Voucher
from gateway.resources import open_resources
from gateway.sessions import router as sessions
from gateway.sessions.prune import prune_sessions
from gateway.settings import GatewaySettings
from gateway.users import router as users
from gateway.users.bootstrap import bootstrap_operator
from gateway.webhooks import router as webhooks
from gateway.webhooks.consumers import WEBHOOKS
from gateway.webhooks.deliver import deliver_due
from gateway.webhooks.prune import prune_deliveries


def _subscriptions(resources: Resources) -> list[Subscription]:
    return [subscribe_live(resources.extra["hub"]), WEBHOOKS]


def _on_app(app: FastAPI, _resources: Resources) -> None:
    app.include_router(well_known.router)


def _around(app: FastAPI, resources: Resources) -> ASGIApp:
    extra = resources.extra
    voucher = Voucher(extra["signing_key"])
    forwarder = Forwarder(resources, extra["client"], extra["upstreams"], voucher)
    return Edge(app, forwarder, resources)


service = Service(
    name="gateway",
    settings=GatewaySettings,
    sql=Path(__file__).parents[2] / "sql",
    routers=[
        users.router,
        sessions.router,
        browsers.router,
        live.router,
        webhooks.router,
        docs.router,
    ],
    make_subscriptions=_subscriptions,
    jobs=[
        Job("bootstrap_operator", 60, bootstrap_operator),
        Job("prune_sessions", 3600, prune_sessions),
        Job("prune_events", 600, prune_events),
        Job("deliver_webhooks", 1, deliver_due),
        Job("prune_deliveries", 3600, prune_deliveries),
    ],
    resources=open_resources,
    on_app=_on_app,
    around=_around,
)
