"""The real servers as the embedded stack starts them, in a data folder of their own."""

import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit

from embedded import Stack
from embedded.credentials import load_credentials
from embedded.places import Places
from tests.stack.backend import ENGINES


class EmbeddedBackend:
    """One engine, several, or the whole system."""

    def __init__(self, parts: tuple[str, ...] | None) -> None:
        """Start the engines named, or everything; returns when all are ready."""
        # Not below pytest's own folder: the unprivileged server user could not enter it.
        self.data = Path(tempfile.mkdtemp(prefix="localex-test-"))
        try:
            self._stack = Stack.start(
                self.data,
                "full",
                services=parts is None,
                parts=list(ENGINES if parts is None else parts),
            )
        except BaseException:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        self.settings = dict(self._stack.settings)
        self.admin_url = self._admin_url()

    def _admin_url(self) -> str:
        url = self.settings.get("LOCALEX_MIGRATOR_DATABASE_URL")
        if url is None:
            return ""
        password = quote(load_credentials(Places.of(self.data)).postgres_superuser, safe="")
        address = urlsplit(url)
        return f"postgresql://postgres:{password}@{address.hostname}:{address.port}{address.path}"

    def start(self, part: str) -> None:
        """Start a part again and wait until it is ready."""
        self._stack.start_part(part)

    def stop(self, part: str) -> None:
        """Stop a part in good order."""
        self._stack.stop_part(part)

    def kill(self, part: str) -> None:
        """End a part as a crash would."""
        self._stack.kill_part(part)

    def close(self) -> None:
        """Stop everything and remove the data."""
        self._stack.close()
        shutil.rmtree(self.data, ignore_errors=True)
