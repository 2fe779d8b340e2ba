"""The service's HTTP API in the test's own process."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson

from chassis.clock import SystemClock
from chassis.database import Database
from chassis.health import Health
from chassis.resources import Resources
from chassis.tokens import Caller, mint, new_signing_key, public_jwks
from search.analytics.log_query import QueryLog
from search.main import service
from search.settings import Settings
from search.synonyms.keeper import Keeper

KEY = new_signing_key()


def open_api(
    settings: Settings, database: Database, folder: Path, **extra: Any
) -> httpx2.AsyncClient:
    """A client of the API over a database; `extra` is what else the process has open."""
    jwks = folder / "jwks.json"
    jwks.write_bytes(orjson.dumps(public_jwks([KEY])))
    own = settings.model_copy(update={"internal_jwks_file": jwks})
    kept: dict[str, Any] = {
        "engine": None,
        "query_log": QueryLog(database),
        "synonyms": Keeper(database),
        **extra,
    }
    health = Health("search", database, set())
    resources = Resources(own, database, SystemClock(), health, extra=kept)
    transport = httpx2.ASGITransport(service.app(resources))
    return httpx2.AsyncClient(transport=transport, base_url="http://search")


def as_member(
    *roles: str, user: int = 7, key: str | None = None, community: str = "riverside"
) -> dict[str, str]:
    """Headers of somebody, of Riverside unless said otherwise; writes carry a key."""
    caller = Caller(UUID(int=user), frozenset(roles or ("MEMBER",)), community)
    headers = {"Authorization": f"Bearer {mint(KEY, caller, 'search')}"}
    return headers | ({"Idempotency-Key": key} if key else {})
