"""What policies hear: who may move no money."""

from chassis.clock import Clock
from chassis.database import Connection
from chassis.problems import Transient
from chassis.subscription import Subscription
from contracts.gateway import ComplianceChanged
from ledger.policies.restrict import restrict_person


def make_subscription(clock: Clock) -> Subscription:
    """Freeze what a restricted person could spend, and give it free when they are cleared."""

    async def on_compliance_changed(conn: Connection, message: ComplianceChanged) -> None:
        if not await restrict_person(conn, message, now=clock.now()):
            # They registered, and the accounts are being opened: this is tried again.
            raise Transient("the person has no accounts yet")

    return Subscription(
        group="ledger.policies", handlers={ComplianceChanged: on_compliance_changed}, in_turn=True
    )
