"""Pictures are forwarded without a session; nothing else is."""

from typing import Any

import pytest

PICTURE = f"/v1/images/{'a' * 64}/small.webp"


async def test_pictures_are_for_strangers_too(gateway: Any, token: str) -> None:
    """A page sends no session with an image; the service is told nobody, logged in or not."""
    for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": "Bearer x"}):
        response, seen = await gateway.send("GET", PICTURE, headers=headers)
        assert response.status == 200
        assert "authorization" not in seen["headers"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PICTURE),
        ("DELETE", PICTURE),
        ("GET", "/v1/images"),
        ("GET", "/v1/images/report"),
        ("GET", PICTURE.replace("small", "huge")),
        ("GET", PICTURE + "/x"),
        ("GET", PICTURE.replace("images", "items")),
    ],
)
async def test_nothing_beside_pictures_is_open(gateway: Any, method: str, path: str) -> None:
    """Every other request needs a session."""
    response, _ = await gateway.send(method, path)
    assert response.status == 401
    assert gateway.upstream.seen == []
