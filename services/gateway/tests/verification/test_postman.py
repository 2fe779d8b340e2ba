"""Letters go out by SMTP, and one that does not harms nobody."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from chassis.problems import Transient
from gateway.users.models import Identity
from gateway.verification.postman import Letter, Postman, Smtp, Undeliverable

LETTER = Letter(Identity("email", "ana@example.org"), "LocalEx: your code", "It is 12345678.\n")


@dataclass
class Server:
    """A mail server that says what it was told, and answers so when it hears an address."""

    taken: bytes = b"250 well\r\n"
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
            if line.upper().startswith("RCPT"):
                writer.write(self.taken)
                continue
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


async def test_a_page_goes_out_beside_its_text_with_its_headers() -> None:
    """As alternatives; a header comes once."""
    letter = replace(LETTER, html="<p>It is.</p>", headers={"List-Unsubscribe": "<https://x.test>"})
    mail = Server()
    async with await asyncio.start_server(mail.talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        carrier = Smtp(f"smtp://127.0.0.1:{port}", "LocalEx <nobody@localex.test>")
        await asyncio.to_thread(carrier.carry, letter)
    said = "\n".join(mail.heard)
    assert "multipart/alternative" in said
    assert mail.heard.count("List-Unsubscribe: <https://x.test>") == 1
    assert mail.heard.index("It is 12345678.") < mail.heard.index("<p>It is.</p>")


@pytest.mark.parametrize(
    ("answer", "for_good"),
    [(b"550 no such person\r\n", True), (b"450 not now\r\n", False)],
    ids=["for good", "for now"],
)
async def test_an_address_is_refused_for_good_or_for_now(answer: bytes, *, for_good: bool) -> None:
    """Only what is refused for good need not be tried again; neither error names the address."""
    mail = Server(answer)
    async with await asyncio.start_server(mail.talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        carrier = Smtp(f"smtp://127.0.0.1:{port}", "LocalEx <nobody@localex.test>")
        with pytest.raises(OSError, match=r".") as refused:
            await asyncio.to_thread(carrier.carry, LETTER)
    assert isinstance(refused.value, Undeliverable) is for_good
    assert "ana@" not in str(refused.value)


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
