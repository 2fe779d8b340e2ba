"""Letters go out by SMTP, and one that does not harms nobody."""

import asyncio
from dataclasses import dataclass, field

import pytest

from chassis.problems import Transient
from gateway.users.models import Identity
from gateway.verification.postman import Letter, Postman, Smtp

LETTER = Letter(Identity("email", "ana@example.org"), "LocalEx: your code", "It is 12345678.\n")


@dataclass
class Server:
    """A mail server that says what it was told."""

    heard: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak just enough SMTP."""
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            self.heard.append(line)
            if line.upper() == "DATA":
                writer.write(b"354 go on\r\n")
                text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                self.heard += text.split("\r\n")
            writer.write(b"221 bye\r\n" if line.upper() == "QUIT" else b"250 well\r\n")
        writer.close()


async def test_a_letter_goes_out_by_smtp() -> None:
    """To the person, from us, with its text."""
    mail = Server()
    async with await asyncio.start_server(mail.talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        carrier = Smtp(f"smtp://127.0.0.1:{port}", "LocalEx <nobody@localex.test>")
        await asyncio.to_thread(carrier.carry, LETTER)
    assert "rcpt to:<ana@example.org>" in [line.lower() for line in mail.heard]
    assert "Subject: LocalEx: your code" in mail.heard
    assert "It is 12345678." in mail.heard


async def test_a_server_that_is_away_is_an_error_without_the_address() -> None:
    """What is logged of it names nobody."""
    with pytest.raises(OSError, match=r".") as away:
        await asyncio.to_thread(Smtp("smtp://127.0.0.1:9", "x@localex.test").carry, LETTER)
    assert "ana@" not in str(away.value)


async def test_what_nobody_carries_is_said_at_once() -> None:
    """Whomever it is for, so that it tells nothing of them."""
    postman = Postman({})
    with pytest.raises(Transient, match="no way to send"):
        postman.check("email")
    await postman.close()
