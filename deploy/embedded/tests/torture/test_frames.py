"""The little that is read of two protocols is read right, however the bytes are cut."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.torture.frames import (
    OFFSET_COMMIT,
    PRODUCE,
    KafkaFrames,
    PostgresFrontend,
    answer_to,
    request_of,
)


def message(kind: bytes, body: bytes) -> bytes:
    """A message of a client to Postgres."""
    return kind + struct.pack("!i", len(body) + 4) + body


ENCRYPTION = struct.pack("!ii", 8, 80877103)
STARTUP_BODY = b"user\0ledger\0database\0localex_db\0\0"
STARTUP = struct.pack("!ii", len(STARTUP_BODY) + 8, 196608) + STARTUP_BODY
BIND = message(b"B", b"COMMIT; in a value" + bytes(3000))
SYNC = message(b"S", b"")
COMMIT = message(b"Q", b"COMMIT;\0")
OTHER = message(b"Q", b"BEGIN;\0")
EXECUTE = message(b"E", b"\0" + bytes(4))
POST = "SELECT post_decided($1, $2, $3, $4, $5, $6, $7)"


def prepared(name: str, statement: str) -> bytes:
    """A statement is parsed and described, and the server asked to tell what it thinks of it."""
    parse = message(b"P", f"{name}\0{statement}\0".encode() + bytes(2))
    return parse + message(b"D", f"S{name}\0".encode()) + SYNC


def called(name: str) -> bytes:
    """A prepared statement is carried out, with a long value."""
    return message(b"B", f"\0{name}\0".encode() + bytes(3000)) + EXECUTE + SYNC


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    ends = sorted({0, len(data), *(place % len(data) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(ends)]


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_a_commit_is_seen_once_wherever_the_bytes_are_cut(places: list[int]) -> None:
    """Not what merely contains the word."""
    said = ENCRYPTION + STARTUP + OTHER + BIND + SYNC + COMMIT + BIND + SYNC
    reader = PostgresFrontend()
    asked = [ask for piece in cut(said, places) for ask in reader.asks(piece)]
    assert asked == ["commit"]


def test_no_commit_no_trap() -> None:
    """Values and other queries are no commits."""
    reader = PostgresFrontend()
    assert not reader.asks(STARTUP + OTHER + BIND + SYNC)


@given(st.lists(st.integers(0, 20_000), max_size=40))
def test_a_call_that_commits_by_itself_is_seen_wherever_the_bytes_are_cut(
    places: list[int],
) -> None:
    """Each time it is carried out outside of a transaction; not when it is prepared, nor within."""
    said = STARTUP + prepared("one", POST) + called("one") + called("one")
    said += OTHER + called("one") + COMMIT + prepared("two", "SELECT 1") + called("two")
    reader = PostgresFrontend()
    assert {ask for piece in cut(said, places) for ask in reader.asks(piece)} == {"call", "commit"}


def test_calls_are_told_from_what_is_committed_later() -> None:
    """One that was prepared before is called alone, and within a transaction."""
    reader = PostgresFrontend()
    said = [STARTUP + prepared("one", POST), called("one"), called("one"), OTHER + called("one")]
    said += [COMMIT, prepared("two", "SELECT 1") + called("two")]
    asked = [reader.asks(one) for one in said]
    assert asked == [set(), {"call"}, {"call"}, set(), {"commit"}, set()]


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        (POST, True),
        ("SELECT ensure_message_partitions($1, 7)", True),
        ("\nUPDATE outbox SET published_at = $1\n", True),
        ("INSERT INTO inbox SELECT 1", True),
        ("WITH gone AS (\n  DELETE FROM timer RETURNING id\n) SELECT id FROM gone", True),
        ("SELECT id FROM account WHERE id = $1", False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", False),
        ("SELECT count(*) FROM item", False),
        ("SELECT pg_advisory_unlock_all()", False),
    ],
)
def test_a_call_is_what_writes(statement: str, *, writes: bool) -> None:
    """Statements that read are answered, and nothing of theirs can be lost."""
    reader = PostgresFrontend()
    asked = reader.asks(STARTUP + prepared("", statement) + called(""))
    assert asked == ({"call"} if writes else set())


@pytest.mark.parametrize("end", ["ROLLBACK;", "COMMIT;"])
def test_a_transaction_ends_where_it_says(end: str) -> None:
    """Going back to a point within it does not end it."""
    reader = PostgresFrontend()
    assert not reader.asks(STARTUP + prepared("one", POST) + OTHER)
    assert not reader.asks(message(b"Q", b"ROLLBACK TO point;\0") + called("one"))
    reader.asks(message(b"Q", f"{end}\0".encode()))
    assert reader.asks(called("one")) == {"call"}


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_requests_to_kafka_are_told_apart(places: list[int]) -> None:
    """Each frame's API and number, wherever the bytes are cut."""
    wanted = [(PRODUCE, 7, 5000), (OFFSET_COMMIT, 8, 30), (3, 9, 8), (PRODUCE, 10, 100)]
    said = b"".join(
        struct.pack("!ihhi", size, api, 9, number) + bytes(size - 8) for api, number, size in wanted
    )
    frames = KafkaFrames()
    heads = [head for piece in cut(said, places) for head in frames.heads(piece)]
    assert [request_of(head) for head in heads] == [(api, number) for api, number, _ in wanted]


def test_answers_of_kafka_carry_their_number() -> None:
    """The correlation id comes first."""
    [head] = KafkaFrames().heads(struct.pack("!iiq", 12, 4711, 0))
    assert answer_to(head) == 4711
