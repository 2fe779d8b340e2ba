"""Each part is asked who it is: another stack's server, or another process, is not taken for it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import pytest

from embedded.credentials import SERVICES, load_credentials
from embedded.fetch.servers import Servers
from embedded.parts.base import NotReady, Server
from embedded.parts.catalogue import choose_parts
from embedded.places import Places
from embedded.profiles import SERVER_NAMES
from embedded.site import Site, open_site
from embedded.stack import Stack
from embedded.state import stack_id_of
from tests.stack.on_embedded import EmbeddedBackend
from tests.stack.plugin import System
from tests.stack.scratch import scratch_folder

PARTS: Final = {part.name: part for part in choose_parts("full") if isinstance(part, Server)}

type Asked = tuple[Site, int]
#: What is asked about, from what is true of our part and the other stack.
type Mistake = Callable[[Asked, Site], Asked]


@pytest.fixture(scope="module")
def stack(system: System) -> Stack:
    """The whole system, whose data folder and processes are of this machine."""
    if not isinstance(system.backend, EmbeddedBackend):
        pytest.skip("containers are asked by their health checks")
    return system.backend.stack


@pytest.fixture(scope="module")
def ours(stack: Stack) -> Site:
    """The system as its parts see it."""
    places = Places.of(stack.data_dir)
    ports = {name: urlsplit(url).port or 0 for name, url in stack.urls.items()}
    known = load_credentials(places)
    return Site(places, str(stack_id_of(places)), "full", ports, known, Servers(), None)


@pytest.fixture(scope="module")
def other() -> Iterator[Site]:
    """Another stack: a data folder with an identity and secrets of its own."""
    with scratch_folder() as folder:
        yield open_site(Places.of(folder / "other"), "full", [], Servers())


def another_stack(asked: Asked, other: Site) -> Asked:
    """The other stack, which started a process of its own, meets our server at its port."""
    return replace(other, ports=asked[0].ports), asked[1] + 1


def other_secrets(asked: Asked, other: Site) -> Asked:
    """Only the passwords are others."""
    return replace(asked[0], credentials=other.credentials), asked[1]


def other_folder(asked: Asked, other: Site) -> Asked:
    """Only the data lies elsewhere."""
    return replace(asked[0], places=other.places), asked[1]


def other_id(asked: Asked, other: Site) -> Asked:
    """Only the stack's id is another, and so are the names of its clusters."""
    return replace(asked[0], stack_id=other.stack_id), asked[1]


def other_process(asked: Asked, _other: Site) -> Asked:
    """Only the process that was started is another."""
    return asked[0], asked[1] + 1


def nobody(asked: Asked, _other: Site) -> Asked:
    """Nobody listens at any port."""
    return replace(asked[0], ports=dict.fromkeys(asked[0].ports, 1)), asked[1]


#: By the one thing that is another: who notices, and what is said.
NOTICED: Final = (
    (other_secrets, "postgres", "password authentication failed"),
    (other_folder, "postgres", "is served from"),
    (other_process, "postgres", r"the server is process \d+, not"),
    (other_secrets, "valkey", "invalid username-password pair"),
    (other_folder, "valkey", r"process \d+ in .* answers, not"),
    (other_process, "valkey", r"process \d+ in .* answers, not"),
    (other_id, "kafka", "cluster .* answers, not"),
    (other_id, "opensearch", "cluster .* answers, not"),
    (other_process, "opensearch", r"the node is process .*, not"),
    (other_secrets, "s3", "403|denied|forbidden|does not match"),
    *((other_process, name, rf"{name} \(process \d+\) answers, not") for name in SERVICES),
)


async def ask(name: str, asked: Asked) -> None:
    """Ask a part's server who it is."""
    await asyncio.wait_for(PARTS[name].identify(*asked), 20)


@pytest.mark.parametrize("name", [*SERVER_NAMES, *SERVICES])
async def test_a_part_knows_its_own_server_from_others(
    stack: Stack, ours: Site, other: Site, name: str
) -> None:
    """Its own is accepted; not so another stack's at its port, nor one that is away."""
    asked = (ours, stack.part(name)["pid"])
    await ask(name, asked)
    for mistake in (another_stack, nobody):
        with pytest.raises(NotReady):
            await ask(name, mistake(asked, other))


@pytest.mark.parametrize(
    ("mistake", "name", "words"),
    NOTICED,
    ids=[f"{name}-{mistake.__name__}" for mistake, name, _ in NOTICED],
)
async def test_each_thing_that_is_another_is_noticed(
    stack: Stack, ours: Site, other: Site, mistake: Mistake, name: str, words: str
) -> None:
    """By itself, although everything else is as it should be; the message says what."""
    with pytest.raises(NotReady, match=f"(?i){words}"):
        await ask(name, mistake((ours, stack.part(name)["pid"]), other))


async def test_a_service_is_not_taken_for_another(stack: Stack, ours: Site) -> None:
    """Not even when it is the very process that was started."""
    mistaken = replace(ours, ports=ours.ports | {"gateway": ours.ports["ledger"]})
    with pytest.raises(NotReady, match=r"ledger \(process \d+\) answers, not gateway"):
        await ask("gateway", (mistaken, stack.part("ledger")["pid"]))
