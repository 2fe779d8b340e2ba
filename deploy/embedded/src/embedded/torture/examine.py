"""All oracles, over the evidence of one run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import asyncpg

from chassis.database import prepare_connection
from chassis.subscription import Subscription
from embedded.torture.clocks import Clocks
from embedded.torture.history import History
from embedded.torture.messages import Poison
from embedded.torture.oracles import (
    acknowledged,
    audits,
    books,
    delivery,
    lateness,
    linear,
    projections,
    recounts,
    serial,
)
from embedded.torture.oracles.effects import read_effects
from embedded.torture.oracles.findings import Violation
from embedded.torture.oracles.projections import Listed
from embedded.torture.oracles.topics import Topics, read_topics
from search.indexing.mapping import WRITE_ALIAS

COUNTS: Final = {
    "transfers": "SELECT count(*) FROM ledger.transfer",
    "entries": "SELECT count(*) FROM ledger.entry",
    "accounts": "SELECT count(*) FROM ledger.account",
    "reservations": "SELECT count(*) FROM ledger.reservation",
    "trades": "SELECT count(*) FROM marketplace.trade",
    "refused attempts": "SELECT count(*) FROM ledger.refused_attempt",
    "rulings": """SELECT count(*) FROM marketplace.trade_step
        WHERE action IN ('rule-refund', 'rule-release', 'rule-split')""",
    "events": "SELECT count(*) FROM ledger.outbox",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the facts are.

    Attributes:
        superuser_url: The database, all schemas of it.
        ledger_url: The database as the ledger sees it.
        kafka: The broker's address.
        opensearch: The engine's address.
        audit_key_file: The key that signs audit logs.
        history: What clients were told.
        clocks: How the services' clocks were moved.
        dropped: What each consumer group was made to miss, before it was sent again.
        poison: What was written into topics and is no message, as far as that was acknowledged.
        heard: Who listens to what.
    """

    superuser_url: str
    ledger_url: str
    kafka: str
    opensearch: str
    audit_key_file: Path
    history: History
    clocks: Clocks
    dropped: Mapping[str, set[str]]
    poison: Sequence[Poison]
    heard: Sequence[Subscription]

    async def count(self, conn: asyncpg.Connection) -> dict[str, int]:
        """How much there was to examine."""
        return {name: await conn.fetchval(statement) for name, statement in COUNTS.items()}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What broker and index hold of a run that has come to rest."""

    topics: Topics
    index: dict[str, Listed]

    @classmethod
    async def read(cls, evidence: Evidence) -> Self:
        """Read all topics, and all of the index."""
        topics = await read_topics(evidence.kafka)
        return cls(topics, await projections.read_index(evidence.opensearch, WRITE_ALIAS))


async def examine(evidence: Evidence) -> list[Violation]:
    """Ask every oracle; returns what contradicts them."""
    elsewhere = await Elsewhere.read(evidence)
    conn = await asyncpg.connect(evidence.superuser_url)
    try:
        await prepare_connection(conn)
        found = await examine_database(conn, evidence, elsewhere)
    finally:
        await conn.close()
    # These open connections of their own.
    found += await audits.logs_verify(evidence.superuser_url, evidence.audit_key_file)
    return found + await books.audit_is_clean(evidence.ledger_url)


async def examine_database(
    conn: asyncpg.Connection, evidence: Evidence, elsewhere: Elsewhere
) -> list[Violation]:
    """Ask every oracle, seeing the database through this connection."""
    told, poison = elsewhere.topics.told, elsewhere.topics.poison
    operations = evidence.history.operations
    found = acknowledged.answers_are_in_order(operations)
    found += await books.sums_are_zero(conn)
    found += await books.chains_hold(conn)
    found += acknowledged.effects_agree(operations, await read_effects(conn))
    found += lateness.nothing_late_is_paid(operations, evidence.clocks)
    chains = await serial.read_chains(conn)
    spans = serial.spans_of(operations)
    found += serial.order_exists(chains, spans)
    looks = evidence.history.looks
    balances = await linear.read_balances(conn, looks)
    found += linear.looks_are_linear(looks, balances, chains, spans)
    delivered = await delivery.read_delivered(conn, evidence.dropped)
    found += delivery.all_is_delivered(delivered, told, poison, evidence.heard)
    found += delivery.none_is_missing(evidence.poison, poison)
    found += delivery.order_is_kept(delivered, told, evidence.heard)
    found += await projections.tables_agree(conn)
    found += await recounts.counts_agree(conn)
    items = await projections.read_items(conn)
    found += projections.index_agrees(items, elsewhere.index)
    found += await books.issuances_are_accounted_for(conn)
    acts = await audits.read_acts(conn)
    found += audits.acts_agree(operations, acts)
    return found + audits.ends_agree(evidence.history, acts)
