"""What a process has open, and how routes and workers get at it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.clock import Clock
from chassis.database import EVERY_COMMUNITY, Database
from chassis.health import Health


@dataclass
class Resources:
    """What a process has open; routes and workers find it here."""

    settings: Any
    database: Database
    clock: Clock
    health: Health
    #: Set when the process begins to shut down: long answers such as SSE end themselves.
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    #: What the service itself opened, by name.
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """Something the work role does again and again; it must bear being repeated.

    Attributes:
        name: In logs.
        every_seconds: How long it rests.
        run: What it does.
        every_community: Its work is in all communities. Without it no row of one is seen.
    """

    name: str
    every_seconds: float
    run: Callable[[Resources], Awaitable[None]]
    every_community: bool = False

    async def work(self, resources: Resources) -> None:
        """Do it once."""
        if self.every_community:
            reaching = resources.database.reaching(EVERY_COMMUNITY)
            resources = replace(resources, database=reaching)
        await self.run(resources)


# Coroutines, though they await nothing: the framework would call a plain function in a thread.
async def get_resources(request: Request) -> Resources:
    """The process's resources, for a route."""
    resources: Resources = request.app.state.resources
    return resources


async def get_database(request: Request) -> Database:
    """The process's database, for a route."""
    return (await get_resources(request)).database


async def get_now(request: Request) -> datetime:
    """The clock's time, for a route."""
    return (await get_resources(request)).clock.now()


#: A route's parameters.
OpenResources = Annotated[Resources, Depends(get_resources)]
OpenDatabase = Annotated[Database, Depends(get_database)]
Now = Annotated[datetime, Depends(get_now)]
