"""What the gateway is measured beside: forwarders that check nothing.

`python -m bench.gateway.peers bare|fastapi PORT UPSTREAM`
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
import uvicorn
from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

_HOPS: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"date", b"server"})


def bare(upstream: str) -> ASGIApp:
    """Plain ASGI on aiohttp's pooled client."""
    opened: list[ClientSession] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if not opened:
            connector = TCPConnector(limit=1024, keepalive_timeout=30)
            opened.append(
                ClientSession(
                    connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=False
                )
            )
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name not in _HOPS and name != b"host"
        }
        url = URL(upstream + scope["raw_path"].decode("ascii"), encoded=True)
        async with opened[0].request(
            scope["method"], url, headers=headers, allow_redirects=False
        ) as response:
            told = [(n.lower(), v) for n, v in response.raw_headers if n.lower() not in _HOPS]
            await send({"type": "http.response.start", "status": response.status, "headers": told})
            await send({"type": "http.response.body", "body": await response.read()})

    return app


def with_framework(upstream: str) -> ASGIApp:
    """A FastAPI route on httpx2, as tutorials write it."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with httpx2.AsyncClient(base_url=upstream) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=life)

    @app.api_route("/{path:path}", methods=["GET"])
    async def forward(path: str, request: Request) -> Response:
        client: Any = request.app.state.client
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        found = await client.get("/" + path, headers=headers)
        kept = {n: v for n, v in found.headers.items() if n.encode() not in _HOPS}
        return Response(found.content, found.status_code, kept)

    return app


def main() -> None:
    """Serve one of them."""
    name, port, upstream = sys.argv[1:]
    app = {"bare": bare, "fastapi": with_framework}[name](upstream)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        http="httptools",
        loop="uvloop",
        log_config=None,
        access_log=False,
    )


if __name__ == "__main__":
    main()
