"""What a process writes to its log, read by a test that leaves logging as it was."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from chassis.logs import configure_logs


@contextmanager
def telling(capsys: pytest.CaptureFixture[str]) -> Iterator[list[dict[str, Any]]]:
    """The lines that are written meanwhile, once it is over.

    Tests of others in the same process read what loggers print, which they do until somebody
    configures them.
    """
    handlers, config = logging.getLogger().handlers[:], structlog.get_config()
    configure_logs("info")
    # A logger that keeps what it was made of would keep it for ever.
    structlog.configure(cache_logger_on_first_use=False)
    lines: list[dict[str, Any]] = []
    try:
        yield lines
    finally:
        logging.getLogger().handlers = handlers
        structlog.configure(**config)
        lines += [json.loads(line) for line in capsys.readouterr().out.splitlines()]
