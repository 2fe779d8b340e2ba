"""Tie a size of the log to a later one."""

from chassis.database import Connection
from ledger.transparency import queries
from ledger.transparency.errors import NoSuchGrowth
from ledger.transparency.proofs import plan_consistency
from ledger.transparency.receipt import Link


async def tie_sizes(conn: Connection, old_size: int, new_size: int) -> Link:
    """Proof that the log of `new_size` leaves begins with that of `old_size`.

    Args:
        conn: Any connection.
        old_size: Leaves it had.
        new_size: Leaves it has; a checkpoint was signed for them.

    Raises:
        NoSuchGrowth: The old size is the larger one.
    """
    if old_size > new_size:
        raise NoSuchGrowth(
            f"from is {old_size}, the checkpoint has {new_size} leaves", size=new_size
        )
    plan = plan_consistency(old_size, new_size)
    return Link(old_size, plan.resolve(await queries.select_nodes(conn, plan.nodes())))
