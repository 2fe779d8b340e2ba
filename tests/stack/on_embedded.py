"""The real servers as the embedded stack starts them, in a data folder of their own."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from embedded import Stack
from tests.stack.scratch import scratch_folder


class EmbeddedBackend:
    """One engine, several, or the whole system."""

    def __init__(
        self,
        parts: tuple[str, ...] | None,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        detours: Mapping[str, int] | None = None,
    ) -> None:
        """Start the engines named, or everything; returns when all are ready.

        Args:
            parts: Engines; everything when not given.
            environment: Variables for the services.
            folder: For the data; one of its own when not given.
            detours: Ports that services are told instead, as `Stack.start` takes them.
        """
        with ExitStack() as stack:
            self.stack = Stack.start(
                folder or stack.enter_context(scratch_folder()),
                parts=parts,
                services=parts is None,
                environment=environment,
                detours=detours,
            )
            stack.callback(self.stack.close)
            self._close = stack.pop_all().close
        self.settings = self.stack.settings
        self.logs = self.stack.logs
        postgres = parts is None or "postgres" in parts
        self.admin_url = self.stack.superuser_url if postgres else ""

    def start(self, part: str) -> None:
        """Start a part again and wait until it is ready."""
        self.stack.start_part(part)

    def stop(self, part: str) -> None:
        """Stop a part in good order."""
        self.stack.stop(part)

    def kill(self, part: str) -> None:
        """End a part as a crash would; the stack brings it back by itself."""
        self.stack.kill(part)

    def close(self) -> None:
        """Stop everything and remove the data."""
        self._close()
