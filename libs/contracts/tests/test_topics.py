"""Topics as Kafka is told of them."""

from contracts.topics import DAY_MS, TOPICS


def test_only_what_is_whole_in_each_message_is_compacted() -> None:
    """A reader who begins anew lacks nothing; whoever reads of people needs every event."""
    assert [topic.name for topic in TOPICS if topic.compacted] == [
        "marketplace.items.v1",
        "marketplace.reputations.v1",
    ]


def test_a_compacted_topic_keeps_every_message_for_two_weeks() -> None:
    """As long as others keep theirs: a consumer that was away for a week has missed nothing."""
    configs = next(topic.configs for topic in TOPICS if topic.compacted)
    assert configs["cleanup.policy"] == "compact"
    assert int(configs["min.compaction.lag.ms"]) == 14 * DAY_MS
    assert int(configs["max.compaction.lag.ms"]) == 28 * DAY_MS
    assert "cleanup.policy" not in next(t.configs for t in TOPICS if not t.compacted)
