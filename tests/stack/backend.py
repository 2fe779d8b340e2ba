"""What a test may ask of the real servers, whichever way they run."""

from typing import Final, Protocol

ENGINES: Final = ("postgres", "kafka", "opensearch", "valkey", "s3")


class Backend(Protocol):
    """Running servers: one engine, several, or the whole system.

    Attributes:
        settings: Environment variables as the services read them.
        admin_url: The superuser's address of `localex_db`; empty where no Postgres runs.
    """

    settings: dict[str, str]
    admin_url: str

    def start(self, part: str) -> None:
        """Start a part that was stopped or killed; returns when it is ready."""

    def stop(self, part: str) -> None:
        """Stop a part in good order."""

    def kill(self, part: str) -> None:
        """End a part as a crash would; it comes back by itself."""

    def close(self) -> None:
        """Stop everything and leave nothing behind."""
