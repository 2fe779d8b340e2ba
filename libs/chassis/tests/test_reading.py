"""Reading is cheap: a full batch is not gone through for garbage while it is read."""

import gc
from collections.abc import Iterator

import pytest

from chassis.process import settle_memory
from chassis.reading import read_records
from chassis.subscription import Subscription
from contracts.ledger import AccountOpened
from libs.chassis.tests.test_consumer import count_up, delivered
from libs.chassis.tests.words import ANA, account_opened

HEARING = Subscription("gateway.probe", {AccountOpened: count_up})


@pytest.fixture
def settled() -> Iterator[None]:
    """Memory as in a process of a service."""
    threshold = gc.get_threshold()
    settle_memory()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("settled")
def test_a_full_batch_is_not_gone_through_for_garbage() -> None:
    """Its objects go by their reference count; to look at each took a quarter of the time."""
    gc.collect()
    before = [generation["collections"] for generation in gc.get_stats()]
    traceparent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    records = [
        delivered(account_opened(ANA, str(number)), offset=number, traceparent=traceparent)
        for number in range(HEARING.batch_max)
    ]
    read = read_records(records, HEARING)
    assert len(read.deliveries) == HEARING.batch_max
    assert [generation["collections"] for generation in gc.get_stats()] == before
