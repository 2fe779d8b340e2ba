"""Follow a statement's entries, page by page."""

from collections.abc import AsyncIterator
from typing import Final

from chassis.database import Database
from chassis.problems import Transient
from ledger.accounts.find import find_account
from ledger.statements import queries
from ledger.statements.lifecycle import SIDES_MAX, name_sides
from ledger.statements.models import Facts, Place, Row

PAGE: Final = 500


async def follow_statement(database: Database, facts: Facts) -> AsyncIterator[list[Row]]:
    """All entries in order, a page at a time; each page is read in a moment of its own.

    What was known by a time never changes: no transaction stays open while a client reads slowly.

    Args:
        database: Opens a connection for each page.
        facts: What the statement says besides.

    Yields:
        Pages, each at most so long.

    Raises:
        Transient: Opening and entries do not make closing: something was entered at the very
            moment in which the statement was begun. Nothing is complete then.
    """
    place, running, count = Place(facts.begins, 0), facts.opening_minor, 0
    while True:
        async with database.connection() as conn:
            account = await find_account(conn, field="account_id", account_id=facts.account_id)
            lines = await queries.select_period(conn, account.id, facts.period, place, PAGE)
            sides = await queries.select_sides(
                conn,
                account.id,
                account.owner_id,
                [line.transfer_id for line in lines if line.amount_minor],
                SIDES_MAX + 1,
            )
        page = []
        for line in lines:
            running += line.amount_minor
            page.append(Row(line, running, name_sides(sides.get(line.transfer_id, []))))
        count += len(page)
        if page:
            yield page
            place = Place(lines[-1].effective_at, lines[-1].account_seq)
        if len(page) < PAGE:
            break
    if (running, count) != (facts.closing_minor, facts.entries):
        raise Transient("an entry came while the statement was made")
