"""Logs: one JSON object a line, with the ids that tie it to requests, traces and messages."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import orjson
import structlog
from opentelemetry import trace

from chassis import context

_SECRET_NAME: Final = re.compile(
    r"pass(word|wd)?|secret|token|authori[sz]ation|cookie|api_?key|private|credential|otp|e_?mail|phone",
    re.IGNORECASE,
)
_SECRET_VALUE: Final = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]+|lx[a-z]_[\w-]{16,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
REDACTED: Final = "[redacted]"


def redact(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank out values whose name or shape says secret, however deep they are."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _clean(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(name, item) for item in value]
    if _SECRET_NAME.search(name):
        return REDACTED
    return _SECRET_VALUE.sub(REDACTED, value) if isinstance(value, str) else value


def _identify(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event["service"] = context.service.get()
    if request := context.correlation_id.get():
        event["correlation_id"] = request
    if cause := context.causation_id.get():
        event["causation_id"] = cause
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = f"{span.trace_id:032x}"
        event["span_id"] = f"{span.span_id:016x}"
    return event


def _render(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def configure_logs(level: str) -> None:
    """Send structlog's and the standard library's records to standard output as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _identify,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "faststream", "uvicorn.access", "opensearch", "httpx2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; events are dotted and past: `log.info("transfers.posted", count=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
