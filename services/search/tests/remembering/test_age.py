"""Whatever happens in whatever order: an answer is never older than it may be."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.marketplace import ItemChanged
from search.engine import Engine
from search.indexing.index_items import index_items
from services.search.tests.offers import make_item
from services.search.tests.remembering.conftest import Replica

type Start = Callable[..., Awaitable[Replica]]

#: As a second in production; tests have no second to lose.
MAX_AGE_MS = 300
COMMUNITIES = ("riverside", "hillside")
ITEMS = [
    make_item("spade of ash", item_id=UUID(int=100 + number), community=COMMUNITIES[number % 2])
    for number in range(4)
]

#: Who writes which item, and whether it is told; who searches where; or a rest.
STEPS = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 1), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("search"), st.integers(0, 1), st.integers(0, 1), st.just(value=True)),
    st.tuples(st.just("rest"), st.sampled_from([20, 100]), st.just(0), st.just(value=True)),
)


@dataclass
class Truth:
    """What searches could see, and from when on."""

    versions: dict[UUID, int] = field(default_factory=dict)
    seen: list[tuple[float, UUID, int]] = field(default_factory=list)
    told: list[tuple[float, UUID, int]] = field(default_factory=list)

    def due(self, started: float, community: str) -> dict[UUID, int]:
        """The least that an answer must show: what was told before, or seen long before."""
        old = [one for one in self.seen if one[0] <= started - MAX_AGE_MS / 1000]
        told = [one for one in self.told if one[0] <= started]
        least: dict[UUID, int] = {}
        for _, item_id, version in [*old, *told]:
            least[item_id] = max(version, least.get(item_id, 0))
        own = {one.item_id for one in ITEMS if one.community == community}
        return {item_id: version for item_id, version in least.items() if item_id in own}


async def _write(replica: Replica, item: ItemChanged, truth: Truth, *, tell: bool) -> None:
    version = truth.versions[item.item_id] = truth.versions.get(item.item_id, 0) + 1
    changed = item.model_copy(update={"version": version})
    # Untold, as by a process that was killed in between.
    hook, replica.engine.on_written = replica.engine.on_written, None
    try:
        await index_items(replica.engine, [changed], timeout_seconds=20)
    finally:
        replica.engine.on_written = hook
    await replica.engine.call("POST", "/items/_refresh")
    truth.seen.append((time.monotonic(), item.item_id, version))
    if tell:
        replica.announcer.note([item.community])
        await replica.announcer.announce()
        truth.told.append((time.monotonic(), item.item_id, version))


async def _search(replica: Replica, community: str, truth: Truth) -> None:
    started = time.monotonic()
    found = await replica.search("spade", community)
    for item_id, least in truth.due(started, community).items():
        assert found.get(item_id, 0) >= least
    theirs = {one.item_id for one in ITEMS if one.community != community}
    assert not theirs & set(found)


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=12), crowd=st.integers(1, 3))
async def test_an_answer_is_never_older_than_it_may_be(
    start: Start,
    engine: Engine,
    steps: list[tuple[str, int, int, bool]],
    crowd: int,
) -> None:
    """Two processes write, tell or do not tell, and search alone or in crowds."""
    truth = _TRUTH
    while len(_REPLICAS) < 2:
        _REPLICAS.append(await start(max_age_ms=MAX_AGE_MS))
    replicas = _REPLICAS
    for kind, who, what, tell in steps:
        if kind == "write":
            await _write(replicas[who], ITEMS[what], truth, tell=tell)
        elif kind == "rest":
            await asyncio.sleep(who / 1000)
        else:
            asking = [_search(replicas[who], COMMUNITIES[what], truth) for _ in range(crowd)]
            await asyncio.gather(*asking)


#: The index is one for all examples, and so is what is known of it.
_TRUTH = Truth()
_REPLICAS: list[Replica] = []
