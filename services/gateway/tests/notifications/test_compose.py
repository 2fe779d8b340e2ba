"""Letters: what is in them, and what can't be. Pure but for the drafts' carriers."""

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from gateway.notifications.compose import Composer, Facts
from gateway.notifications.tokens import DIGESTS, TOKEN_MAX, Unsubscriber
from gateway.users.models import Identity
from gateway.verification.postman import Letter, Sink, Undeliverable

UNSUBSCRIBER = Unsubscriber([b"key"])
COMPOSER = Composer("https://localex.test", UNSUBSCRIBER)
ANA = UUID(int=1)
OFFER = {"item_title": "Chair <b>&", "amount": "10.00", "asset": "LXC"}


def letter(kind: str = "notice", *told: tuple[str, dict[str, Any]], name: str = "Ana") -> Letter:
    """A letter to Ana, of an offer unless something else is told."""
    facts = Facts(UUID(int=9), ANA, kind, name, "en", told or [("trade_offered", OFFER)])
    return COMPOSER.compose(facts, "ana@example.org")


def test_a_notice_says_what_happened_and_ends_with_one_click() -> None:
    """RFC 8058: both headers, and the link signs her and the kind."""
    made = letter()
    assert made.subject == "LocalEx: You have an offer of 10.00 LXC for Chair <b>&"
    assert "Hello Ana" in made.text
    assert made.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = made.headers["List-Unsubscribe"].strip("<>")
    assert link in made.text
    assert link.startswith("https://localex.test/v1/notifications/unsubscribe?token=")
    assert UNSUBSCRIBER.read(link.partition("token=")[2]) == (ANA, "trade_offered")


def test_html_is_escaped() -> None:
    """Titles and names are text there, too."""
    made = letter(name="<script>Ana</script>")
    assert made.html is not None
    assert "Chair &lt;b&gt;&amp;" in made.html
    assert "<script>" not in made.html


def test_what_people_write_is_no_template() -> None:
    """It is shown as it was written, in every part of a letter."""
    hostile = "{{ 7 * 7 }}{% include 'en/base.txt' %}{0.__class__}%(name)s"
    made = letter("notice", ("trade_offered", OFFER | {"item_title": hostile}), name=hostile)
    assert made.subject.endswith(hostile)
    assert made.text.count(hostile) >= 2
    assert made.html is not None
    assert "{{ 7 * 7 }}" in made.html
    assert "49" not in made.text.replace(made.headers["List-Unsubscribe"].strip("<>"), "")


def test_what_warns_has_no_way_to_end_it() -> None:
    """Nor a link that anybody could follow to."""
    made = letter("security", ("security_new_device", {}))
    assert "List-Unsubscribe" not in made.headers
    assert "unsubscribe" not in made.text
    assert "set another password" in made.text


def test_a_digest_names_what_happened_and_how_much_more() -> None:
    """Fifty lines, and the number of the others."""
    made = letter("digest", *[("trade_offered", OFFER)] * 53)
    assert made.subject == "LocalEx: 53 things happened"
    assert made.text.count("\n- You have an offer") == 50
    assert "and 3 more" in made.text
    link = made.headers["List-Unsubscribe"].strip("<>")
    assert UNSUBSCRIBER.read(link.partition("token=")[2]) == (ANA, DIGESTS)


@pytest.mark.parametrize("hostile", ["Chair\r\nBcc: all@example.org", "Chair\n\nbody", "a\x00b"])
def test_a_title_cannot_begin_a_header(hostile: str, tmp_path: Path) -> None:
    """Wherever it ends up, it is one line."""
    made = letter("notice", ("trade_offered", {**OFFER, "item_title": hostile}))
    assert len(made.subject.splitlines()) == 1
    Sink(tmp_path / "m").carry(made)
    assert "\nBcc" not in json.loads((tmp_path / "m").read_text())["subject"]


@pytest.mark.parametrize(
    ("address", "subject", "headers"),
    [
        ("ana@example.org\r\nBcc: all@example.org", "Hi", {"X": "y"}),
        ("ana@example.org, all@example.org", "Hi", {"X": "y"}),
        ("Ana <ana@example.org>", "Hi", {"X": "y"}),
        ("ana@example.org", "Hi\r\nBcc: all@example.org", {"X": "y"}),
        ("ana@example.org", "Hi", {"X": "y\r\nBcc: all@example.org"}),
    ],
)
def test_the_carrier_refuses_what_would_be_another_header(
    address: str, subject: str, headers: dict[str, str], tmp_path: Path
) -> None:
    """Should something before it fail: for good, and without the address in the error."""
    hostile = Letter(Identity("email", address), subject, "text", headers=headers)
    with pytest.raises(Undeliverable) as refused:
        Sink(tmp_path / "m").carry(hostile)
    assert "example" not in str(refused.value)
    assert not (tmp_path / "m").exists()


def test_the_headers_of_a_letter_are_those_of_a_mail(tmp_path: Path) -> None:
    """What the composer makes is what the library takes, Message-ID too."""
    made = letter()
    message = EmailMessage()
    for name, value in made.headers.items():
        message[name] = value
    assert message["Message-ID"] == "<00000000-0000-0000-0000-000000000009@localex.test>"
    Sink(tmp_path / "m").carry(made)
    assert json.loads((tmp_path / "m").read_text())["headers"] == dict(made.headers)


def test_a_token_is_believed_under_each_key_and_no_other() -> None:
    """After a rotation, too; one that was changed, cut or made up is not."""
    token = UNSUBSCRIBER.sign(ANA, "trade_offered")
    assert len(token) < TOKEN_MAX
    assert Unsubscriber([b"newer", b"key"]).read(token) == (ANA, "trade_offered")
    assert Unsubscriber([b"other"]).read(token) is None
    for wrong in ("", "x", token[:-2], token[2:], token[::-1], "é" * 20, token + "AAAA"):
        assert UNSUBSCRIBER.read(wrong) is None


def test_a_token_for_one_is_none_for_another() -> None:
    """Person and kind are both signed."""
    tokens = {UNSUBSCRIBER.sign(who, what) for who in (ANA, UUID(int=2)) for what in ("a", "b")}
    assert len(tokens) == 4
