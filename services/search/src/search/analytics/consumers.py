"""What analytics hears: who was erased searched for nothing."""

from typing import Final

from chassis.database import Connection
from chassis.subscription import Subscription
from contracts.gateway import UserErased
from search.analytics import queries


async def on_user_erased(conn: Connection, event: UserErased) -> None:
    """Forget searches and clicks of a person: their words may name them."""
    await queries.forget_person(conn, event.user_id)


LEAVERS: Final = Subscription(
    group="search.leavers", handlers={UserErased: on_user_erased}, rereads=True
)
