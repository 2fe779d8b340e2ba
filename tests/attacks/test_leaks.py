"""What is personal or secret stays where it is kept: a whole run is searched for planted data."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import httpx2
import psutil
import pyotp
import pytest

from embedded.places import Places
from tests.attacks.edge import ask
from tests.attacks.reading import (
    found_in,
    log_lines,
    read_index,
    read_metrics,
    read_tables,
    read_topics,
    read_valkey,
)
from tests.attacks.stack_secrets import secrets_of
from tests.journeys.people import PASSWORD, Actor, eventually, operator, somebody
from tests.stack.on_embedded import EmbeddedBackend
from tests.stack.plugin import System, system_of
from tests.stack.post_box import open_post_box

# The run has servers of its own, whose spans are collected.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

MARK: Final = uuid4().hex[:10]
#: Values of the vault, by field.
KEPT: Final = {
    "phone": f"+34{int(MARK, 16) % 10**9:09}",
    "legal_name": f"Planted Legal-{MARK}",
    "tax_number": f"TAX{MARK.upper()}",
    "postal_address": f"Planted Street 12-{MARK}, Riverside",
    "identity_document": f"scan of {MARK} passport",
}
#: Where an e-mail address is: to log in with, and, until a day after a code's end, for its code.
ADDRESSES: Final = frozenset({"gateway.login_identity", "gateway.one_time_code"})
#: A signed token, as services are shown it.
INTERNAL_TOKEN: Final = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{40,}")


@dataclass(slots=True)
class Run:
    """What a whole run has left behind.

    Attributes:
        emails: Addresses of its people.
        secrets: What only its people, or the stack's processes, may have; by what it is.
        places: All that was kept and told, by where.
    """

    emails: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    places: dict[str, bytes] = field(default_factory=dict)


async def keep(person: Actor, name: str, value: str) -> httpx2.Response:
    """Keep a value in one's own vault."""
    path = f"/v1/me/vault/{name}"
    return await person.client.send("PUT", path, json={"value": value}, key=uuid4().hex)


async def trade_and_look(system: System, ana: Actor, ben: Actor) -> None:
    """What people do: keep, mistype, trade, log in wrongly, are looked at by an operator."""
    for name, value in KEPT.items():
        assert (await keep(ana, name, value)).status_code == 200
    assert (await keep(ana, "nationality", KEPT["legal_name"])).status_code == 422
    query = {"q": "chair", "unknown": KEPT["legal_name"]}
    await ana.client.send("GET", "/v1/items", query=query)
    chair = await ana.client.create_item(f"Chair {MARK}", price="9.00")
    trade = await ben.client.offer(chair.id, "9.00")
    await ana.client.accept(trade.id)
    await ben.reaches(trade.id, "funded")
    for password in (PASSWORD + "!", KEPT["legal_name"]):
        wrong = {"email": ana.email, "password": password}
        assert (await ben.client.send("POST", "/v1/sessions", json=wrong)).status_code == 401
    reset = {"email": ana.email}
    asked = await ask(system.gateway, "POST", "/v1/users/password-resets", json=reset)
    assert asked.status_code == 202
    async with operator(system) as looking:
        answer = await looking.send(
            "POST",
            f"/v1/users/{ana.user.id}/vault/readings",
            json={"fields": ["phone", "legal_name"], "reason": "a journey looks for leaks"},
        )
        assert KEPT["phone"] in str(answer.json())


async def gather_secrets(system: System, person: Actor) -> dict[str, str]:
    """All that a person is shown once, each used as it is meant to be."""
    client = person.client
    found = {"first session": client.token or "", "password": PASSWORD}
    api_key = await client.make_api_key("a shop's program", ["items:read"])
    found["API key"] = api_key.key or ""
    async with httpx2.AsyncClient(base_url=system.gateway) as program:
        headers = {"Authorization": f"Bearer {api_key.key}"}
        pair = (await program.post("/v1/sessions/program", headers=headers)).json()
        headers = {"Authorization": f"Bearer {pair['token']}"}
        assert (await program.get("/v1/items", headers=headers)).status_code == 200
        body = {"refresh_token": pair["refresh_token"]}
        renewed = (await program.post("/v1/sessions/refresh", json=body)).json()
    for name in ("token", "refresh_token"):
        found |= {f"program's {name}": pair[name], f"renewed {name}": renewed[name]}
    endpoint = await client.add_endpoint(f"https://example.org/{MARK}")
    await client.rotate_secret(endpoint)
    secrets = await client.endpoint_secrets(endpoint)
    found |= {f"webhook's secret {n}": secret for n, secret in enumerate(secrets)}
    totp = pyotp.TOTP((await client.begin_totp()).secret)
    codes = await client.confirm_totp(totp.now())
    found |= {"app's secret": totp.secret, "session after it": client.token or ""}
    return found | {f"recovery code {n}": code for n, code in enumerate(codes)}


def commands(backend: EmbeddedBackend) -> bytes:
    """How each process was called, which everybody on a machine can see."""
    pids = [part["pid"] for part in backend.stack.status()["parts"] if part["pid"]]
    lines = [" ".join(psutil.Process(pid).cmdline()) for pid in pids]
    assert len(lines) >= len(("postgres", "kafka", "opensearch", "valkey", "s3"))
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
async def run() -> Run:
    """People who do what people do, and everything that there is afterwards."""
    with open_post_box() as collector:
        backend = EmbeddedBackend(None, environment={"LOCALEX_OTLP_ENDPOINT": collector.url})
        try:
            system, left = system_of(backend), Run()
            async with somebody(system, "Ana") as ana, somebody(system, "Ben", credits="9") as ben:
                left.emails = [ana.email, ben.email]
                await trade_and_look(system, ana, ben)
                left.secrets = await gather_secrets(system, ben)
                left.secrets |= secrets_of(Places.of(backend.stack.data_dir))
                left.places = await _read_all(backend, ana)
            left.places["commands"] = commands(backend)
            # What is told of the last requests waits for its batch: it goes out at the end.
        finally:
            backend.close()
        left.places["spans"] = b"\n".join(collector.bodies)
    return left


async def _read_all(backend: EmbeddedBackend, ana: Actor) -> dict[str, bytes]:
    system = system_of(backend)
    settings = system.settings

    async def indexed() -> bytes:
        return await asyncio.to_thread(read_index, settings["LOCALEX_OPENSEARCH_URL"])

    index = await eventually(indexed, lambda text: f"Chair {MARK}".encode() in text)
    tables = await read_tables(system.backend.admin_url)
    erased = await ana.client.send("DELETE", "/v1/me/vault", key=uuid4().hex)
    assert "erased_at" in str(erased.json())
    told = await eventually(
        lambda: read_topics(settings["LOCALEX_KAFKA_SERVERS"]),
        lambda found: any(b"gateway.VaultErased" in one for one in found),
    )
    return {
        "topics": b"\n".join(told),
        "index": index,
        "logs": b"\n".join(log_lines(backend.logs)),
        "metrics": await read_metrics(system),
        "cache": await read_valkey(settings["GATEWAY_VALKEY_URL"], settings["SEARCH_VALKEY_URL"]),
        **tables,
    }


def test_nothing_personal_leaves_its_place(run: Run) -> None:
    """Logs, topics, spans and tables have no e-mail, name, number or document, nor has the rest."""
    # What is no secret is found: the search would see it.
    assert MARK.encode() in run.places["index"]
    assert found_in({"items": run.places["marketplace.item"]}, [f"Chair {MARK}"])
    assert b"request.refused" in run.places["logs"]
    for service in (b"gateway", b"ledger", b"marketplace", b"search"):
        assert service in run.places["spans"]
    assert {place for place, _ in found_in(run.places, run.emails)} == ADDRESSES
    assert found_in(run.places, KEPT.values()) == []


def test_no_secret_leaves_its_place(run: Run) -> None:
    """Neither people's passwords, tokens, keys and codes nor those of the stack's own processes."""
    assert all(run.secrets.values())
    assert len(run.secrets) == len(set(run.secrets.values()))
    names = {value: name for name, value in run.secrets.items()}
    assert [(place, names[value]) for place, value in found_in(run.places, names)] == []
    assert [place for place, text in run.places.items() if INTERNAL_TOKEN.search(text)] == []


def test_the_search_for_leaks_can_find() -> None:
    """A value as it is and as hex; neither where there is none."""
    planted = {"log": b"to ana@example.org", "table": b"(\\x616e61406578616d706c65)", "well": b""}
    assert found_in(planted, ["ana@example"]) == [("log", "ana@example"), ("table", "ana@example")]
