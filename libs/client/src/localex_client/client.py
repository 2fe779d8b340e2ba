"""The client: everything that the gateway offers."""

from localex_client.finding import Finding
from localex_client.items import Items
from localex_client.live import Live
from localex_client.money import Money
from localex_client.monitors import Monitors
from localex_client.people import People
from localex_client.prices import Prices
from localex_client.proofs import Proofs
from localex_client.reconciliation import Reconciliation
from localex_client.reputations import Reputations
from localex_client.reservations import Reservations
from localex_client.trades import Trades


class LocalEx(
    People,
    Money,
    Reservations,
    Prices,
    Monitors,
    Proofs,
    Items,
    Trades,
    Reputations,
    Finding,
    Reconciliation,
    Live,
):
    """A person's (or program's) connection to a gateway."""
