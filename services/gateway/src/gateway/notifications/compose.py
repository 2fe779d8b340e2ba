"""Write letters: text and HTML out of templates, and the headers of RFC 8058. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from gateway.notifications.lifecycle import DIGEST_SHOWN
from gateway.notifications.tokens import DIGESTS, Unsubscriber
from gateway.notifications.words import digest_line, headline, language_of
from gateway.users.models import Identity
from gateway.verification.postman import Letter

UNSUBSCRIBE: Final = "/v1/notifications/unsubscribe"

_templates: Final = Environment(
    loader=PackageLoader("gateway.notifications"),
    autoescape=select_autoescape(["html"], default=False),
    undefined=StrictUndefined,
    auto_reload=False,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mail says, and to whom.

    Attributes:
        mail_id: It makes the Message-ID: a mail that is sent twice is shown once.
        user_id: Whose.
        kind: `notice`, `digest` or `security`.
        name: What the person is called.
        language: That they read.
        told: Kinds and data of its notifications, the first to happen first.
    """

    mail_id: UUID
    user_id: UUID
    kind: str
    name: str
    language: str
    told: Sequence[tuple[str, dict[str, Any]]]


class Composer:
    """Writes mails that lead to one place."""

    def __init__(self, public_url: str, unsubscriber: Unsubscriber) -> None:
        """Links go to `public_url`."""
        self._home = public_url.rstrip("/")
        self._host = self._home.partition("://")[2].partition(":")[0]
        self._unsubscriber = unsubscriber

    def compose(self, facts: Facts, address: str) -> Letter:
        """The letter to one address.

        Args:
            facts: What it says.
            address: Where it goes.
        """
        language = language_of(facts.language)
        digest, security = facts.kind == "digest", facts.kind == "security"
        lines = [headline(language, kind, data) for kind, data in facts.told[:DIGEST_SHOWN]]
        subject = digest_line(language, len(facts.told)) if digest else lines[0]
        link = ""
        if not security:
            what = DIGESTS if digest else facts.told[0][0]
            token = self._unsubscriber.sign(facts.user_id, what)
            link = f"{self._home}{UNSUBSCRIBE}?token={token}"
        shown = {
            "name": facts.name,
            "subject": subject,
            "lines": lines,
            "more": max(len(facts.told) - DIGEST_SHOWN, 0),
            "digest": digest,
            "security": security,
            "home": self._home,
            "unsubscribe": link,
        }
        headers = {
            "Message-ID": f"<{facts.mail_id}@{self._host}>",
            "Auto-Submitted": "auto-generated",
        }
        if link:
            headers["List-Unsubscribe"] = f"<{link}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return Letter(
            Identity("email", address),
            f"LocalEx: {subject}",
            _render(language, "mail.txt", **shown),
            html=_render(language, "mail.html", **shown),
            headers=headers,
        )


def render_page(language: str, *, done: bool, digest: bool) -> str:
    """The page behind an unsubscribe link."""
    return _render(language_of(language), "unsubscribe.html", done=done, digest=digest)


def _render(language: str, template: str, /, **shown: Any) -> str:
    return _templates.get_template(f"{language}/{template}").render(**shown)
