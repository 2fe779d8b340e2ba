"""No secret reaches a log line."""

import logging

import pytest

from chassis.logs import REDACTED, configure_logs, get_logger, redact


def test_secrets_are_blanked_by_name_and_by_shape() -> None:
    """However deep they are, and whatever they are called."""
    event = {
        "event": "x.happened",
        "password": "hunter2",
        "nested": {"api_key": "k", "list": [{"Authorization": "Bearer abc"}]},
        "note": "token eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl in text",
        "url": "postgresql://ledger:s3cret@127.0.0.1/db",
        "session": "lxs_0123456789abcdefghijklmnop",
        "amount_minor": 7500,
    }
    text = str(redact(None, "info", event))
    for secret in ("hunter2", "'k'", "Bearer abc", "eyJ", "s3cret", "lxs_"):
        assert secret not in text
    assert "7500" in text
    assert REDACTED in text


def test_a_log_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Ours and the libraries' alike, with the service's name."""
    before = logging.getLogger().handlers[:]
    configure_logs("info")
    try:
        get_logger("probe").info("probe.done", count=3)
        logging.getLogger("library").warning("by the way %s", "x")
    finally:
        logging.getLogger().handlers = before
    import json

    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["event"], first["count"], first["level"]) == ("probe.done", 3, "info")
    assert "service" in first
    assert second["event"] == "by the way x"
