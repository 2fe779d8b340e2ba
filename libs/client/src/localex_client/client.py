"""The client: everything that the gateway offers."""

from localex_client.communities import Communities
from localex_client.compliance import Compliance
from localex_client.finding import Finding
from localex_client.gifts import Giving
from localex_client.groups import Groups
from localex_client.images import Images
from localex_client.interests import Interests
from localex_client.items import Items
from localex_client.later import ForLater
from localex_client.live import Live
from localex_client.moderation import Moderation
from localex_client.money import Money
from localex_client.monitors import Monitors
from localex_client.notifications import Notifications
from localex_client.oversight import Oversight
from localex_client.own_data import OwnData
from localex_client.people import People
from localex_client.price_office import PriceOffice
from localex_client.prices import Prices
from localex_client.proofs import Proofs
from localex_client.reconciliation import Reconciliation
from localex_client.reputations import Reputations
from localex_client.reservations import Reservations
from localex_client.search_office import SearchOffice
from localex_client.security import Security
from localex_client.statements import Statements
from localex_client.trades import Trades
from localex_client.webhooks import Webhooks


class LocalEx(
    People,
    Communities,
    Security,
    OwnData,
    Compliance,
    Money,
    ForLater,
    Statements,
    Groups,
    Giving,
    Reservations,
    Prices,
    PriceOffice,
    Oversight,
    Monitors,
    Proofs,
    Items,
    Interests,
    Moderation,
    Images,
    Trades,
    Reputations,
    Finding,
    SearchOffice,
    Reconciliation,
    Live,
    Notifications,
    Webhooks,
):
    """A person's (or program's) connection to a gateway."""
