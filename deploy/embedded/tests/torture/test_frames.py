"""The little that is read of two protocols is read right, however the bytes are cut."""

import itertools
import struct

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


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    ends = sorted({0, len(data), *(place % len(data) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(ends)]


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_a_commit_is_seen_once_wherever_the_bytes_are_cut(places: list[int]) -> None:
    """Not what merely contains the word."""
    said = ENCRYPTION + STARTUP + OTHER + BIND + SYNC + COMMIT + BIND + SYNC
    reader = PostgresFrontend()
    assert sum(reader.commits(piece) for piece in cut(said, places)) == 1


def test_no_commit_no_trap() -> None:
    """Values and other queries are no commits."""
    reader = PostgresFrontend()
    assert not reader.commits(STARTUP + OTHER + BIND + SYNC)


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
