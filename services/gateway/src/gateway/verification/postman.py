"""Ports to people: e-mail by SMTP, SMS by whoever sends it, or a file that a developer reads."""

import asyncio
import contextlib
import os
import smtplib
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from chassis.logs import get_logger
from chassis.problems import Transient
from gateway.users.models import Identity

log = get_logger(__name__)

WAITING_MAX: Final = 1000
TRIES: Final = 3
_SMTP_SECONDS: Final = 10
_REFUSED_FOR_GOOD: Final = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to a person."""

    to: Identity
    subject: str
    text: str
    #: The same as a page, for an e-mail.
    html: str | None = None
    #: More headers of an e-mail.
    headers: Mapping[str, str] = field(default_factory=dict)


class Undeliverable(OSError):
    """It will not do to try again: the address is refused for good, or the letter is none."""


class Carrier(Protocol):
    """Whoever takes letters of one kind to people. May block: it is called in a thread."""

    def carry(self, letter: Letter) -> None:
        """Send it, or raise OSError."""


class Smtp:
    """E-mail through an SMTP server: `smtps://user:pw@host:465`, or `smtp://...?starttls=1`."""

    def __init__(self, url: str, sender: str) -> None:
        """Send as `sender`; each letter has a connection of its own."""
        self._url = urlsplit(url)
        self._sender = sender

    def carry(self, letter: Letter) -> None:
        """Send it.

        Raises:
            Undeliverable: The server refuses the address for good, or a header is not one line.
        """
        message = _message(letter, self._sender)
        host, port = self._url.hostname or "localhost", self._url.port or 25
        secure = ssl.create_default_context()
        try:
            with (
                smtplib.SMTP_SSL(host, port, timeout=_SMTP_SECONDS, context=secure)
                if self._url.scheme == "smtps"
                else smtplib.SMTP(host, port, timeout=_SMTP_SECONDS)
            ) as server:
                if "starttls" in parse_qs(self._url.query):
                    server.starttls(context=secure)
                if self._url.username:
                    server.login(unquote(self._url.username), unquote(self._url.password or ""))
                server.send_message(message, to_addrs=[letter.to.value])
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= _REFUSED_FOR_GOOD for code, _ in error.recipients.values()):
                raise Undeliverable("refused") from None
            raise OSError(type(error).__name__) from None
        except smtplib.SMTPException as error:
            # Its text may hold the address.
            raise OSError(type(error).__name__) from None


def _message(letter: Letter, sender: str) -> EmailMessage:
    """A letter as a message. Nothing in it can begin another header, or name another address.

    Raises:
        Undeliverable: A header is not one line, or the address is not one.
    """
    message = EmailMessage()
    try:
        message["From"] = sender
        message["To"] = Address(addr_spec=letter.to.value)
        message["Subject"] = letter.subject
        for name, value in letter.headers.items():
            message[name] = value
    except (ValueError, IndexError, MessageError):
        # Its text may hold the address.
        raise Undeliverable("header") from None
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    return message


class Sink:
    """A file with a line for each letter, for development: `localex messages` shows it."""

    def __init__(self, path: Path) -> None:
        """Append to `path`, which only its owner can read."""
        self._path = path

    def carry(self, letter: Letter) -> None:
        """Write it down."""
        line: dict[str, object] = {
            "kind": letter.to.kind,
            "to": letter.to.value,
            "subject": letter.subject,
            "text": letter.text,
        }
        if letter.headers or letter.html:
            # A letter that SMTP would refuse is refused here, too.
            _message(letter, "nobody@localex.test")
            line |= {"headers": dict(letter.headers), "html": letter.html}
        with os.fdopen(
            os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab"
        ) as f:
            f.write(orjson.dumps(line) + b"\n")


class Postman:
    """Takes letters to their carriers, a bounded number at a time, after the answer is given."""

    def __init__(self, carriers: dict[str, Carrier]) -> None:
        """`carriers` by kind of identity."""
        self._carriers = carriers
        self._thread = ThreadPoolExecutor(2, thread_name_prefix="postman")
        self._under_way: set[asyncio.Task[None]] = set()

    def check(self, kind: str) -> None:
        """Say at once that letters of a kind can't be sent, whomever they are for.

        Raises:
            Transient: Nobody carries them here, or too many wait.
        """
        if kind not in self._carriers:
            raise Transient(f"no way to send to {kind}s is set up", retry_after_seconds=60)
        if len(self._under_way) >= WAITING_MAX:
            raise Transient("too many messages wait to be sent", retry_after_seconds=10)

    def carries(self, kind: str) -> bool:
        """Whether letters of a kind can be sent at all."""
        return kind in self._carriers

    async def deliver(self, letter: Letter) -> None:
        """Take a letter to its carrier and wait, once: the caller keeps what can't be sent.

        Raises:
            OSError: It was not taken.
            Undeliverable: It never will be.
        """
        carrier = self._carriers.get(letter.to.kind)
        if carrier is None:
            raise OSError("nobody carries it")
        await asyncio.get_running_loop().run_in_executor(self._thread, carrier.carry, letter)

    def send(self, letter: Letter) -> None:
        """Take a letter; call it after the commit. One that can't be sent is logged, unread."""
        task = asyncio.create_task(self._carry(letter))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry(self, letter: Letter) -> None:
        carrier = self._carriers.get(letter.to.kind)
        if carrier is None:
            return
        for tried in range(1, TRIES + 1):
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._thread, carrier.carry, letter
                )
            except OSError as error:
                log.warning(
                    "messages.not_sent",
                    kind=letter.to.kind,
                    tried=tried,
                    error=type(error).__name__,
                )
                await asyncio.sleep(tried)
            else:
                return

    async def close(self) -> None:
        """Give what is under way a moment, then end."""
        if self._under_way:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await asyncio.gather(*self._under_way, return_exceptions=True)
        for task in self._under_way:
            task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
