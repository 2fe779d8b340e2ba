"""What a process has open, and how routes and workers get at it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.clock import Clock
from chassis.database import Database
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
    """Something the work role does again and again; it must bear being repeated."""

    name: str
    every_seconds: float
    run: Callable[[Resources], Awaitable[None]]


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
