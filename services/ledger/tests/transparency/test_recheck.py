"""What the database writes of a leaf is what the reference writes, byte by byte."""

import secrets
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from ledger.transparency import queries
from ledger.transparency.leaf import SALT_BYTES, encode_leaf
from ledger.transparency.recheck import recheck_leaves
from ledger.transparency.texts import write_texts
from services.ledger.tests.books import Books

#: Everything that Postgres can hold in a text, and what JSON escapes above all.
TEXT = st.text(
    st.one_of(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
        st.sampled_from('"\\/\b\f\n\r\t\x01\x1f\x7f\x80\u2028\ufeff'),
    ),
    max_size=20,
)
MOMENT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
MINOR = st.integers(-(10**38) + 1, 10**38 - 1)
JSON = st.dictionaries(
    TEXT, st.one_of(TEXT, st.integers(-(2**63), 2**63), st.booleans(), st.none()), max_size=3
)


@st.composite
def written(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Rows of a transfer and its entries, as no rule would let them pass."""
    transfer = {
        "id": new_id(),
        "kind": draw(TEXT),
        "entry_count": draw(st.integers(1, 3)),
        "effective_at": draw(MOMENT),
        "posted_at": draw(MOMENT),
        "reverses": draw(st.none() | st.uuids()),
        "initiated_by": draw(st.none() | st.uuids()),
        "correlation_id": draw(st.none() | TEXT),
        "metadata": draw(JSON),
    }
    entries = [
        {
            "account_id": draw(st.uuids()),
            "account_seq": draw(st.integers(1, 2**63 - 1)),
            "transfer_id": transfer["id"],
            "position": position,
            "asset": draw(TEXT),
            "amount_minor": draw(MINOR),
            "balance_after_minor": draw(MINOR),
            "held_after_minor": draw(MINOR),
            "held_minor": draw(st.none() | MINOR),
            "effective_at": draw(
                st.sampled_from([transfer["posted_at"], transfer["effective_at"]])
            ),
            "posted_at": transfer["posted_at"],
        }
        for position in range(1, draw(st.integers(1, 4)))
    ]
    return transfer, entries or []


async def insert(conn: Any, table: str, row: dict[str, Any]) -> None:
    """A row, past all guards."""
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await conn.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})",  # columns are ours
        *row.values(),
    )


@pytest.mark.slow
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(rows=written())
async def test_both_ways_make_the_same_leaf(
    books: Books, rows: tuple[dict[str, Any], list[dict[str, Any]]]
) -> None:
    """Any text, any time, any amount, any number of entries."""
    transfer, entries = rows
    async with books.scratch.connect("admin") as conn:
        attempt = conn.transaction()
        await attempt.start()
        await conn.execute("SET LOCAL search_path = ledger; SET LOCAL timezone = 'UTC'")
        await conn.execute("SET LOCAL session_replication_role = replica")
        for table in ("transfer", "entry"):
            await conn.execute(DROP_CHECKS.format(table))
        await insert(conn, "transfer", transfer)
        for entry in entries:
            await insert(conn, "entry", entry)
        salt = secrets.token_bytes(SALT_BYTES)
        recorded = (await queries.select_recorded(conn, [transfer["id"]]))[transfer["id"]]
        leaf = encode_leaf(recorded.transfer, recorded.entries, salt=salt)
        await conn.execute("DELETE FROM transparency_leaf")
        await insert(
            conn,
            "transparency_leaf",
            {
                "leaf_index": 0,
                "transfer_id": transfer["id"],
                "salt": salt,
                "leaf_hash": leaf.hash(),
            },
        )
        if entries:
            found = await recheck_leaves(conn, 0, 1)
            assert found.hashes == [leaf.hash()]
            assert found.altered == []
        await attempt.rollback()


DROP_CHECKS = """
DO $$
DECLARE
    rule text;
BEGIN
    FOR rule IN SELECT conname FROM pg_constraint
        WHERE conrelid = '{0}'::regclass AND contype = 'c'
    LOOP
        EXECUTE format('ALTER TABLE {0} DROP CONSTRAINT %I', rule);
    END LOOP;
END
$$
"""


def test_a_type_without_a_text_is_told() -> None:
    """A column of a new type must be taught to both ways, not be left out."""
    with pytest.raises(TypeError, match="no text"):
        write_texts([("id", "uuid"), ("at", "point")], [("account_id", "uuid")])
