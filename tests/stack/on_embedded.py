"""The real servers as the embedded stack starts them, in a data folder of their own."""

from collections.abc import Mapping
from contextlib import ExitStack

from embedded import Stack
from tests.stack.scratch import scratch_folder


class EmbeddedBackend:
    """One engine, several, or the whole system."""

    def __init__(
        self, parts: tuple[str, ...] | None, *, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start the engines named, or everything; returns when all are ready."""
        with ExitStack() as stack:
            folder = stack.enter_context(scratch_folder())
            self.stack = Stack.start(
                folder, parts=parts, services=parts is None, environment=environment
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
