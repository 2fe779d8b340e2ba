"""The service that is forwarded to: 1 kB for whatever is asked, at the least cost.

`python -m bench.gateway.upstream PORT`
"""

import asyncio
import sys
from typing import Final, cast

import uvloop

_BODY: Final = b'{"filler":"' + b"x" * 1011 + b'"}'
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
    % (len(_BODY), _BODY)
)
_END: Final = b"\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection; requests have no body."""

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._read += data
        whole = self._read.count(_END)
        if whole:
            self._read = self._read[self._read.rindex(_END) + len(_END) :]
            self._transport.write(_ANSWER * whole)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
