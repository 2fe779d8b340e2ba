"""Carry out runs: what the work role does again and again."""

from typing import Final

from chassis.database import is_transient
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.resources import Resources
from ledger.reconciliation.matching import queries
from ledger.reconciliation.matching.advance import advance_run

log = get_logger(__name__)

#: Pages in one go; after that the job comes again at once.
PAGES_MAX: Final = 200


async def work_on_runs(resources: Resources) -> None:
    """Do page after page of what is active; a run that fails is paused, so that others go on.

    Args:
        resources: Database and clock.
    """
    database = resources.database
    for _ in range(PAGES_MAX):
        async with database.connection() as conn:
            waiting = await queries.select_active(conn)
        if not waiting:
            return
        for run_id in waiting:
            try:
                async with database.transaction() as conn:
                    await advance_run(conn, run_id, new_id=new_id, now=resources.clock.now())
            except Exception as error:
                if is_transient(error):
                    raise
                log.exception("reconciliation.run_paused", run_id=str(run_id))
                async with database.transaction() as conn:
                    await queries.move_run(conn, run_id, "PAUSED", resources.clock.now())
