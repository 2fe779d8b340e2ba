"""The public keys by which anybody can check the gateway's signature."""

from typing import Any

from fastapi import APIRouter

from chassis.access import ANYONE
from chassis.resources import OpenResources

router = APIRouter(dependencies=[ANYONE], include_in_schema=False)


@router.get("/.well-known/jwks.json")
async def jwks(resources: OpenResources) -> dict[str, Any]:
    """The public keys, as a JWK set."""
    published: dict[str, Any] = resources.extra["signer"].published()
    return published
