"""`localex messages` shows what would have been sent."""

import json
from pathlib import Path

import pytest

from embedded.commands.messages import messages


def test_the_newest_messages_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As many as are asked for, of one address if it is named."""
    lines = [
        json.dumps({"kind": "email", "to": to, "subject": "a code", "text": f"It is {code}."})
        for to, code in (("ana@example.org", 1), ("ben@example.org", 2), ("ana@example.org", 3))
    ]
    (tmp_path / "messages.jsonl").write_text("\n".join(lines) + "\n")
    messages(data=tmp_path, limit=2)
    assert capsys.readouterr().out.count("email to") == 2
    messages(to="ben@example.org", data=tmp_path)
    assert capsys.readouterr().out == "email to ben@example.org: a code\nIt is 2.\n"


def test_a_stack_that_sent_nothing_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first message there is no file."""
    messages(data=tmp_path)
    assert capsys.readouterr().out == "nothing was sent\n"
