"""Which answers still hold: tables."""

import pytest

from search.remembering.lifecycle import left_ms, pack, unpack

NOW_MS = 1_000_000


@pytest.mark.parametrize(
    ("epoch", "now_ms", "holds"),
    [
        (b"one", NOW_MS, True),
        (b"one", NOW_MS + 999, True),
        (b"one", NOW_MS + 1_000, False),
        # The clock of who reads may be behind that of who wrote, but not by much.
        (b"one", NOW_MS - 10, True),
        (b"one", NOW_MS - 1_000, False),
        (b"other", NOW_MS, False),
        (None, NOW_MS, False),
    ],
)
def test_an_answer_holds_for_a_second_in_its_epoch(
    epoch: bytes | None, now_ms: int, holds: bool
) -> None:
    """Another epoch or a second later it does not, whatever was kept."""
    value = pack(b"one", NOW_MS, b"line one\nline two")
    known = unpack(value, epoch, now_ms=now_ms, max_age_ms=1_000)
    assert known == (b"line one\nline two" if holds else None)


def test_without_any_epoch_only_answers_without_one_hold() -> None:
    """Nothing was written lately; nothing kept is nothing."""
    assert unpack(pack(None, NOW_MS, b"x"), None, now_ms=NOW_MS, max_age_ms=1_000) == b"x"
    assert unpack(None, None, now_ms=NOW_MS, max_age_ms=1_000) is None


def test_age_counts_from_before_the_engine_was_asked() -> None:
    """What took longer than an answer may live is not kept at all."""
    assert left_ms(10.0, 10.25, 1_000) == 750
    assert left_ms(10.0, 11.5, 1_000) <= 0
