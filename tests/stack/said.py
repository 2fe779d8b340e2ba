"""What a module logs, whatever logs other tests of this process have configured."""

from collections.abc import MutableMapping
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

type Line = MutableMapping[str, Any]


def lines_of(monkeypatch: pytest.MonkeyPatch, module: str) -> list[Line]:
    """Listen to a module's `log` for the rest of a test; the list fills as it speaks.

    Structlog's own way to capture changes its configuration, which a logger that was used under
    another one has kept for itself.
    """
    capture = LogCapture()
    logger = structlog.wrap_logger(
        structlog.ReturnLogger(),
        processors=[structlog.stdlib.add_log_level, capture],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    monkeypatch.setattr(f"{module}.log", logger)
    return capture.entries
