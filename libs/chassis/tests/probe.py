"""A small service of the tests' own: `python -m libs.chassis.tests.probe ROLE` is a real process.

It says what it has begun by a file in `PROBE_FOLDER`, and waits until a test lets it go on.
"""

import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from fastapi import APIRouter

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.resources import OpenDatabase
from chassis.service import Service
from chassis.settings import ServiceSettings
from chassis.subscription import Subscription
from contracts.gateway import ExportEnded
from contracts.ledger import AccountOpened

FOLDER: Final = Path(os.environ["PROBE_FOLDER"])
GROUP: Final = os.environ["PROBE_GROUP"]
COUNT_UP: Final = """
INSERT INTO timer (kind, key, due_at) VALUES ('effect', $1, now())
ON CONFLICT (kind, key) DO UPDATE SET attempts = timer.attempts + 1
"""

router = APIRouter()


class ProbeSettings(ServiceSettings):
    """Nothing of its own; it takes the gateway's place in the database."""

    service: ClassVar[str] = "gateway"


@router.get("/slow")
async def slow() -> str:
    """Answers when the test says so."""
    (FOLDER / "request.begun").touch()
    while not (FOLDER / "request.ends").exists():  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.02)
    return "slow"


@router.get("/telling/{user_id}")
async def telling(user_id: UUID, database: OpenDatabase) -> str:
    """Says something as it ends, which is when the test says so."""
    (FOLDER / f"{user_id}.begun").touch()
    while not (FOLDER / f"{user_id}.ends").exists():  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.02)
    async with database.transaction() as conn:
        await emit(
            conn,
            ExportEnded(
                user_id=user_id, export_id=new_id(), ready=True, ended_at=datetime.now(UTC)
            ),
        )
    return "told"


@router.get("/hanging")
async def hanging(seconds: float = 600) -> str:
    """Answers late, and lets nobody else answer meanwhile."""
    (FOLDER / "hanging.begun").touch()
    time.sleep(seconds)  # noqa: ASYNC251 - on purpose
    (FOLDER / "hanging.ended").touch()
    return "hanging"


@router.get("/quick")
async def quick() -> str:
    """Answers at once."""
    return "quick"


async def on_account_opened(conn: Connection, message: AccountOpened) -> None:
    """Counts messages by name; those that the test holds back stay in hand."""
    name = message.community
    (FOLDER / f"{name}.begun").touch()
    while (FOLDER / f"{name}.held").exists():
        # The connection is not left idle: the database would take the transaction away.
        await conn.execute("SELECT 1")
        await asyncio.sleep(0.02)
    await conn.execute(COUNT_UP, name)


service = Service(
    name="gateway",
    settings=ProbeSettings,
    sql=Path(__file__).parents[3] / "services/gateway/sql",
    routers=[router],
    subscriptions=[Subscription(GROUP, {AccountOpened: on_account_opened}, batch_max=1)],
)

if __name__ == "__main__":
    service.main(sys.argv[1:])
