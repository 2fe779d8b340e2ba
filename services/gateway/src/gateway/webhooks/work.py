"""What the work role does for secrets of webhooks again and again."""

from chassis.resources import Resources
from gateway.webhooks.seal import BATCH_MAX, seal_secrets


async def work_on_secrets(resources: Resources) -> None:
    """Wrap what is in the clear, and after a rotation everything, a batch a transaction.

    Args:
        resources: With the database and the keys.
    """
    keyring = resources.extra.get("keyring")
    if keyring is None:
        return
    done = BATCH_MAX
    while done == BATCH_MAX:
        async with resources.database.transaction() as conn:
            done = await seal_secrets(conn, keyring)
