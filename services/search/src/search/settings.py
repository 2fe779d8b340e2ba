"""Settings of the search service."""

from typing import ClassVar

from pydantic import Field

from chassis.settings import ServiceSettings
from chassis.tls import is_encrypted


class Settings(ServiceSettings):
    """What the search service needs to know besides what every service does."""

    service: ClassVar[str] = "search"

    opensearch_url: str | None = None
    #: False in the lite profile: the service answers, but there is no engine.
    search_enabled: bool = True
    #: How long a written document may wait before searches see it.
    refresh_ms: int = Field(default=250, ge=50, le=10_000)
    replicas: int = Field(default=0, ge=0, le=5)
    #: For a batch of documents; patient, because a busy engine is not helped by a repeat.
    index_timeout_seconds: float = Field(default=20.0, gt=0, le=60)
    #: Whether items are found by what they are, too, where words find too few.
    by_meaning: bool = True
    #: How old an answer may be that is given again; 0 remembers nothing.
    remember_ms: int = Field(default=1_000, ge=0, le=1_000)
    #: An engine that has just begun, or that many ask at once, takes its time; who searches would
    #: rather wait than ask again.
    find_timeout_seconds: float = Field(default=5.0, gt=0)
    #: How long a document may differ from what was told before anybody hears of it.
    parity_grace_seconds: int = Field(default=60, ge=1, le=86_400)
    query_log_days: int = Field(default=90, ge=1)

    def connections(self) -> dict[str, bool]:
        """Besides everybody's: the engine."""
        return {
            **super().connections(),
            "LOCALEX_OPENSEARCH_URL with https://": is_encrypted(self.opensearch_url or ""),
        }

    @property
    def has_engine(self) -> bool:
        """Whether there is an engine to index into and to ask."""
        return self.search_enabled and bool(self.opensearch_url)
