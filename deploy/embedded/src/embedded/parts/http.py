"""One small HTTP request to a server on this machine."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

from chassis.tls import open_context

_BODY_MAX_BYTES: Final = 1024 * 1024


async def get_json(
    port: int, path: str, *, timeout_seconds: float = 3, ca_file: Path | None = None
) -> tuple[int, Any]:
    """GET a path of 127.0.0.1.

    Args:
        port: Who is asked.
        path: What for.
        timeout_seconds: For all of it.
        ca_file: Who signed the certificate of a server that speaks TLS.

    Returns:
        The status code and the parsed body.

    Raises:
        OSError: Nobody answers, or the answer is no JSON over HTTP.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            trust = await asyncio.to_thread(open_context, ca_file) if ca_file else None
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
            try:
                request = f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n"
                writer.write(request.encode())
                answer = await reader.read(_BODY_MAX_BYTES)
                while chunk := await reader.read(_BODY_MAX_BYTES - len(answer)):
                    answer += chunk
            finally:
                writer.close()
    except TimeoutError as error:
        raise OSError("no answer in time") from error
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        return int(head.split(b" ", 2)[1]), json.loads(body)
    except (ValueError, IndexError) as error:
        raise OSError("the answer is no JSON over HTTP") from error
