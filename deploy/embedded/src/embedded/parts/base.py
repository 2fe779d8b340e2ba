"""What every part of the stack can be asked."""

import signal
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from embedded.account import Account
from embedded.site import Site


class NotReady(Exception):
    """The server does not answer yet, or somebody else answered; the message says which."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a process."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    account: Account | None = None
    folder: Path | None = None


class Part(ABC):
    """Something the supervisor brings up. Holds no state: the site is an argument."""

    name: str
    #: Parts that must have been ready once before this one starts.
    after: tuple[str, ...] = ()
    #: Names that need a port; the first is the part's own.
    ports: tuple[str, ...] = ()
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    stop_seconds: float = 20
    ready_seconds: float = 90

    @abstractmethod
    def version(self, site: Site) -> str:
        """Which version runs."""

    def url(self, site: Site) -> str | None:
        """Where it listens."""
        del site
        return None

    def folder(self, site: Site) -> Path | None:
        """Where its data lies."""
        return site.folder(self.name)


class Server(Part):
    """A part that is a process."""

    def prepare(self, site: Site) -> None:
        """Lay out its folder and configuration; done before each start."""

    @abstractmethod
    def launch(self, site: Site) -> Launch:
        """How to start it."""

    def stand_by(self, site: Site) -> Launch | None:
        """How to start a second process that waits for the first one's end, if it knows how."""
        del site
        return None

    @abstractmethod
    async def identify(self, site: Site, pid: int) -> None:
        """Ask it who it is.

        Raises:
            NotReady: It does not answer, or another server does.
        """

    async def provision(self, site: Site) -> None:
        """Make what its users expect to find; done after each start, before it is ready."""

    async def complaint(self, site: Site) -> str | None:
        """What it cannot do although it runs, if that is known; it is asked now and then."""
        del site
        return None

    def finished(self, site: Site) -> None:
        """Tidy after its process has ended."""

    def stop_limit(self, site: Site) -> float:
        """How many seconds it may take to stop before it is killed."""
        del site
        return self.stop_seconds


class Job(Part):
    """A part that runs once, inside the supervisor."""

    @abstractmethod
    async def run(self, site: Site) -> None:
        """Do it; a repeat changes nothing."""
