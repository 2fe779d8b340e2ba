"""The book that this process reads by, renewed when somebody changes a rule."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from chassis.database import Database
from chassis.logs import get_logger
from search.synonyms import queries
from search.synonyms.book import Book, Rule, read_shipped
from search.synonyms.lifecycle import RULES_MAX, rules_in_force

log = get_logger(__name__)

LOOK_SECONDS: Final = 1.0


class Keeper:
    """Holds the book; a database that is away leaves it as it is."""

    def __init__(self, database: Database) -> None:
        """Begin with the shipped rules."""
        self._database = database
        self._shipped: tuple[Rule, ...] = tuple(read_shipped())
        self._version = -1
        self.book = Book.of(self._shipped)
        #: The same in each process that has these rules, and in no other.
        self.digest = _digest(self._shipped)

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database) -> AsyncIterator["Keeper"]:
        """Look for changes each second until the block ends."""
        keeper = cls(database)
        looking = asyncio.create_task(keeper._run())
        try:
            yield keeper
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def renew(self) -> bool:
        """Read the rules if they have changed; returns whether they had."""
        async with self._database.connection() as conn:
            version = await queries.select_version(conn)
            if version == self._version:
                return False
            rows = await queries.select_rules(conn, RULES_MAX * 2)
        rules = rules_in_force(self._shipped, rows)
        self.book, self.digest = Book.of(rules), _digest(rules)
        self._version = version
        return True

    async def _run(self) -> None:
        while True:
            try:
                if await self.renew():
                    log.info("synonyms.renewed", version=self._version)
            except Exception as error:  # noqa: BLE001 - searches go on with the book there is
                log.warning("synonyms.not_renewed", error=repr(error))
            await asyncio.sleep(LOOK_SECONDS)


def _digest(rules: Iterable[Rule]) -> str:
    return hashlib.sha256("\n".join(map(str, rules)).encode()).hexdigest()
