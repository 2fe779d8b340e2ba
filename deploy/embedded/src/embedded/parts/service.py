"""A service of ours: one Python process with all its roles."""

import importlib.util
import os
import sys
from dataclasses import replace
from typing import Final

from chassis.standby import STAND_BY
from embedded.parts.base import Launch, NotReady, Server
from embedded.parts.http import get_json
from embedded.settings import settings_of
from embedded.site import Site

_HTTP_OK = 200
#: Names a mistake that services are started with: see `embedded.planted`.
PLANTED_BUG: Final = "LOCALEX_PLANTED_BUG"
#: Fewer connections, which the server holds a process for; and what a log-in takes to digest a
#: password goes back to the system at once, for half its time more.
_LITE_POOL_MAX: Final = 8
_LITE: Final = {"MALLOC_MMAP_THRESHOLD_": str(1024 * 1024)}


def is_runnable(service: str) -> bool:
    """Whether the service has something to start."""
    return importlib.util.find_spec(f"{service}.__main__") is not None


class Service(Server):
    """One of gateway, ledger, marketplace, search."""

    #: Longer than a service gives itself (`shutdown_seconds`).
    stop_seconds = 30

    def __init__(self, name: str, after: tuple[str, ...]) -> None:
        """A service by name, started after those parts."""
        self.name = name
        self.after = after
        self.ports = (name,)

    def version(self, site: Site) -> str:
        """Which version runs."""
        del site
        from importlib.metadata import version

        return version(f"localex-{self.name}")

    def url(self, site: Site) -> str:
        """Where it listens."""
        scheme = "https" if site.authority_of(self.name) else "http"
        return f"{scheme}://127.0.0.1:{site.ports[self.name]}"

    def folder(self, site: Site) -> None:
        """A service keeps nothing on disk."""
        del site

    def launch(self, site: Site) -> Launch:
        """How to start it."""
        ours = ("LOCALEX_", *(f"{key.partition('_')[0]}_" for key in site.settings))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        passed_on = {k: v for k, v in os.environ.items() if k.startswith(ours)}
        environment = inherited | settings_of(self.name, passed_on | site.settings)
        environment["PYTHONUNBUFFERED"] = "1"
        if site.profile == "lite":
            environment = (
                {f"{self.name.upper()}_POOL_MAX": str(_LITE_POOL_MAX)} | environment | _LITE
            )
        module = [self.name]
        if bug := environment.get(PLANTED_BUG):
            module = ["embedded.planted", bug, self.name]
        command = [sys.executable, "-m", *module, "run"]
        return Launch(command, environment, None, site.places.data)

    def stand_by(self, site: Site) -> Launch | None:
        """A process that has loaded everything; the lite profile has no memory for it."""
        if site.profile == "lite":
            return None
        launch = self.launch(site)
        return replace(launch, command=[*launch.command, STAND_BY])

    async def identify(self, site: Site, pid: int) -> None:
        """It is ready, it is this service, and it is our process."""
        try:
            status, answer = await get_json(
                site.ports[self.name], "/health/ready", ca_file=site.authority_of(self.name)
            )
        except OSError as error:
            raise NotReady(str(error)) from error
        if answer.get("service") != self.name or answer.get("pid") != pid:
            found = f"{answer.get('service')} (process {answer.get('pid')})"
            raise NotReady(f"{found} answers, not {self.name} (process {pid})")
        if status != _HTTP_OK:
            raise NotReady(f"not ready: {answer.get('checks', answer)}")
