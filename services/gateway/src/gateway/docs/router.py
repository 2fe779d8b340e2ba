"""`GET /openapi.json`, `GET /asyncapi.json`, their pages, and what the pages need."""

from functools import cache
from importlib.resources import files
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response

from chassis.access import ANYONE
from chassis.answers import document_of, text_of
from chassis.problems import Missing
from chassis.resources import OpenResources
from contracts.generate import asyncapi
from gateway.docs.collect import Documents
from gateway.docs.messages import render_messages

router = APIRouter(tags=["docs"], dependencies=[ANYONE])

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LocalEx API</title>
<link rel="stylesheet" href="/v1/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/v1/docs/swagger-ui-bundle.js"></script>
<script src="/v1/docs/start.js"></script>
</body>
</html>
"""
_START: Final = """SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""
#: Files of the installed page, and their types.
_ASSETS: Final = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}
_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@router.get("/openapi.json", response_class=Response, responses=document_of("OpenAPI 3.1"))
async def openapi(request: Request, resources: OpenResources) -> Response:
    """The whole API as one OpenAPI document; `x-unavailable` names services that are away."""
    documents: Documents = resources.extra["documents"]
    document = await documents.read(request.app.openapi(), request.app.declared)
    return Response(document, media_type="application/json")


@router.get("/docs", response_class=Response, responses=text_of("A page", "text/html"))
async def docs() -> Response:
    """A page to read the API and try it."""
    return Response(_PAGE, media_type="text/html", headers=_POLICY)


@router.get("/asyncapi.json", response_class=Response, responses=document_of("AsyncAPI 3.0"))
async def messages() -> Response:
    """What the services say to each other, as one AsyncAPI document."""
    return Response(_messages_document(), media_type="application/json")


@router.get("/docs/messages", response_class=Response, responses=text_of("A page", "text/html"))
async def messages_page() -> Response:
    """A page to read it."""
    return Response(_messages_page(), media_type="text/html", headers=_POLICY)


@cache
def _messages_document() -> bytes:
    return orjson.dumps(asyncapi(bundled=True))


@cache
def _messages_page() -> str:
    return render_messages(asyncapi(bundled=True))


@router.get("/docs/{name}", include_in_schema=False)
async def asset(name: str) -> Response:
    """What the page needs, out of the installed package."""
    if name == "start.js":
        return Response(_START, media_type="text/javascript", headers=_POLICY)
    if name not in _ASSETS:
        raise Missing(f"there is no {name[:80]!r}")
    content = files("fastapi_offline").joinpath("static", name).read_bytes()
    kept = {"Cache-Control": "public, max-age=3600", **_POLICY}
    return Response(content, media_type=_ASSETS[name], headers=kept)
