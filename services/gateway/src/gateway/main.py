"""The gateway: people and the edge, the only door for clients."""

from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from chassis.resources import Job, Resources
from chassis.service import Service
from chassis.subscription import Subscription
from chassis.task_worker import task_jobs
from gateway import well_known
from gateway.access_log import router as access_log
from gateway.access_log.make_months import make_months
from gateway.api_keys import router as api_keys
from gateway.api_keys.prune import prune_families
from gateway.browsers import router as browsers
from gateway.communities import router as communities
from gateway.communities.open_home import open_home
from gateway.communities.registrations import router as registrations
from gateway.compliance import router as compliance
from gateway.compliance.check import CheckDue
from gateway.compliance.provider import Simulator
from gateway.compliance.start import DUE
from gateway.departures import router as departures
from gateway.departures.lifecycle import ERASURE
from gateway.departures.order import order_erasure
from gateway.departures.settle import SETTLE
from gateway.docs import router as docs
from gateway.edge import Edge
from gateway.exports import router as exports
from gateway.exports.make import EXPORT
from gateway.exports.order import KIND as EXPORT_KIND
from gateway.live import router as live
from gateway.live.consumers import subscribe_live
from gateway.live.prune import prune_events
from gateway.notifications import router as notifications
from gateway.notifications.consumers import REMINDER, subscribe_notifications
from gateway.notifications.gather import gather_digests
from gateway.notifications.mails.send import send_mails
from gateway.notifications.prune import prune_notifications
from gateway.notifications.remind import remind_of_gift
from gateway.profiles import router as profiles
from gateway.profiles.consumers import PROGRESS
from gateway.proxy.forward import Forwarder
from gateway.proxy.vouch import Voucher
from gateway.resources import open_resources
from gateway.sessions import router as sessions
from gateway.sessions.prune import prune_sessions
from gateway.settings import GatewaySettings
from gateway.two_factor import router as two_factor
from gateway.two_factor.prune import prune_challenges
from gateway.users.bootstrap import bootstrap_operator
from gateway.vault import router as vault
from gateway.vault.work import work_on_keys
from gateway.verification import router as verification
from gateway.verification.prune import prune_codes
from gateway.webhooks import router as webhooks
from gateway.webhooks.consumers import WEBHOOKS
from gateway.webhooks.deliver import deliver_due
from gateway.webhooks.prune import prune_deliveries
from gateway.webhooks.work import work_on_secrets


def _subscriptions(resources: Resources) -> list[Subscription]:
    hub = resources.extra["hub"]
    return [
        subscribe_live(hub),
        subscribe_notifications(hub, resources.clock),
        PROGRESS,
        WEBHOOKS,
    ]


async def _bootstrap(resources: Resources) -> None:
    """A first community, and in it a first operator."""
    await open_home(resources)
    await bootstrap_operator(resources)


def _on_app(app: FastAPI, _resources: Resources) -> None:
    app.include_router(well_known.router)


def _around(app: FastAPI, resources: Resources) -> ASGIApp:
    extra = resources.extra
    voucher = Voucher(extra["signer"])
    forwarder = Forwarder(resources, extra["client"], extra["upstreams"], voucher)
    return Edge(app, forwarder, resources)


service = Service(
    name="gateway",
    settings=GatewaySettings,
    sql=Path(__file__).parents[2] / "sql",
    routers=[
        registrations.router,
        communities.router,
        profiles.router,
        departures.router,
        api_keys.router,
        verification.router,
        two_factor.router,
        sessions.router,
        browsers.router,
        live.router,
        notifications.router,
        webhooks.router,
        docs.router,
        vault.router,
        access_log.router,
        compliance.router,
        exports.router,
    ],
    make_subscriptions=_subscriptions,
    timers={DUE: CheckDue(Simulator()), REMINDER: remind_of_gift, ERASURE: order_erasure},
    jobs=[
        Job("bootstrap", 60, _bootstrap),
        *task_jobs({EXPORT_KIND: EXPORT, ERASURE: SETTLE}),
        Job("prune_sessions", 3600, prune_sessions),
        Job("prune_codes", 3600, prune_codes),
        Job("prune_families", 3600, prune_families),
        Job("prune_challenges", 3600, prune_challenges),
        Job("access_log_months", 3600, make_months),
        Job("vault_keys", 10, work_on_keys),
        Job("prune_events", 600, prune_events),
        Job("gather_digests", 5, gather_digests),
        Job("send_mails", 1, send_mails),
        Job("prune_notifications", 3600, prune_notifications),
        Job("deliver_webhooks", 1, deliver_due),
        Job("prune_deliveries", 3600, prune_deliveries),
        Job("seal_webhook_secrets", 10, work_on_secrets),
    ],
    resources=open_resources,
    on_app=_on_app,
    around=_around,
    # A client that could have its log-in cut short would have no failure counted.
    is_told_deadlines=False,
)
