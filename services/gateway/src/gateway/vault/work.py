"""What the work role does for the vault again and again."""

from chassis.resources import Resources
from gateway.vault.rewrap import BATCH_MAX, rewrap_keys


async def work_on_keys(resources: Resources) -> None:
    """After a rotation: wrap all data keys anew, a batch a transaction.

    Args:
        resources: With the database, the keys and the clock.
    """
    keyring = resources.extra.get("keyring")
    if keyring is None:
        return
    done = BATCH_MAX
    while done == BATCH_MAX:
        async with resources.database.transaction() as conn:
            done = await rewrap_keys(conn, keyring, now=resources.clock.now())
