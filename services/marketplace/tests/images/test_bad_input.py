"""What people send instead of a picture: each is named, and nothing of it is kept."""

from typing import Any
from uuid import uuid4

import pytest

from . import pictures

AT_ONCE = [
    pytest.param(b"", "", "image-empty", 422, id="zero-bytes"),
    pytest.param(pictures.SVG, "image/svg+xml", "image-type-unknown", 415, id="svg"),
    pytest.param(pictures.SVG, "image/png", "image-type-unknown", 415, id="svg-as-png"),
    pytest.param(b"GIF89a" + bytes(99), "image/gif", "image-type-unknown", 415, id="gif"),
    pytest.param(b"MZ" + bytes(99), "image/jpeg", "image-type-unknown", 415, id="program"),
    pytest.param(pictures.png(), "image/jpeg", "image-type-differs", 422, id="png-as-jpeg"),
    pytest.param(pictures.jpeg(), "text/html", "image-type-differs", 422, id="jpeg-as-html"),
    pytest.param(pictures.jpeg()[:-400], "", "image-truncated", 422, id="cut-jpeg"),
    pytest.param(pictures.png()[:-20], "", "image-truncated", 422, id="cut-png"),
    pytest.param(pictures.webp()[:-4], "", "image-truncated", 422, id="cut-webp"),
    pytest.param(
        pictures.crafted_png(50_000, 50_000), "", "image-too-many-pixels", 422, id="pixel-bomb"
    ),
    pytest.param(
        pictures.declared_jpeg(65_000, 65_000), "", "image-too-many-pixels", 422, id="jpeg-bomb"
    ),
    pytest.param(pictures.animated("PNG"), "", "image-animated", 422, id="moving-png"),
    pytest.param(pictures.animated("WEBP"), "", "image-animated", 422, id="moving-webp"),
    pytest.param(pictures.cmyk_jpeg(), "", "image-colors-unsupported", 422, id="cmyk"),
    pytest.param(pictures.deep_png(), "", "image-colors-unsupported", 422, id="16-bit"),
    pytest.param(pictures.jpeg() + bytes(1 << 20), "", "image-too-large", 413, id="oversize"),
]
BY_DECODING = [
    pytest.param(pictures.damaged_png(), "image-undecodable", id="no-zlib"),
    pytest.param(pictures.text_bomb(), "image-undecodable", id="text-bomb"),
]


async def kept(studio: Any, member: Any) -> tuple[list[str], int, int]:
    """The objects of the storage, and what is kept of a person."""
    await studio.clear()
    objects = await studio.objects()
    count = await studio.fetch("SELECT count(*) FROM image WHERE owner_id = $1", member.id)
    size = await studio.fetch("SELECT bytes FROM image_quota WHERE owner_id = $1", member.id)
    return objects, count, size or 0


@pytest.mark.parametrize(("data", "said", "slug", "status"), AT_ONCE)
async def test_what_is_wrong_is_named_at_once_and_nothing_is_kept(
    studio: Any, data: bytes, said: str, slug: str, status: int
) -> None:
    """No object, no row, no count: refused before anything was stored."""
    ana = studio.member()
    before = await kept(studio, ana)
    answer = await studio.upload(ana, data, **{"Content-Type": said})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:localex:problem:{slug}")
    assert await kept(studio, ana) == before


@pytest.mark.parametrize(("data", "reason"), BY_DECODING)
async def test_what_only_decoding_shows_is_refused_and_no_bytes_are_kept(
    studio: Any, data: bytes, reason: str
) -> None:
    """The row says why; the storage has nothing of it, and its bytes do not count."""
    ana = studio.member()
    objects, _, _ = await kept(studio, ana)
    image = await studio.ready(ana, data)
    assert (image["state"], image["urls"]) == ("REFUSED", None)
    assert image["problem"]["type"] == f"urn:localex:problem:{reason}"
    assert await kept(studio, ana) == (objects, 1, 0)
    [(name, said)] = await studio.said(image["id"])
    assert (name, said["reason"]) == ("ImageRefused", reason)


async def test_a_picture_that_is_something_else_as_well_is_only_a_picture(studio: Any) -> None:
    """What hung behind a JPEG's end is in no rendition, and the original is gone."""
    ana = studio.member()
    image = await studio.ready(ana, pictures.polyglot())
    await studio.clear()
    assert image["state"] == "READY"
    for url in image["urls"].values():
        shown = await studio.client.get(url)
        assert b"<script" not in shown.content
        assert pictures.SECRET not in shown.content
    assert f"quarantine/{image['id']}" not in await studio.objects()


async def test_a_body_of_unknown_length_is_not_taken(studio: Any) -> None:
    """How much will come must be said first."""
    ana = studio.member()

    async def parts() -> Any:
        yield pictures.png()

    headers = ana.named({"Idempotency-Key": uuid4().hex})
    answer = await studio.client.post("/v1/images", content=parts(), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (
        411,
        "urn:localex:problem:length-required",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"media_type": "image/svg+xml", "size_bytes": 10}, "media_type"),
        ({"media_type": "image/png", "size_bytes": 0}, "size_bytes"),
        ({"media_type": "image/png", "size_bytes": 10**9}, "size_bytes"),
        ({"media_type": "image/png", "size_bytes": "10"}, "size_bytes"),
        ({"media_type": "image/png"}, "size_bytes"),
        ({"media_type": "image/png", "size_bytes": 10, "name": "images/x"}, "name"),
    ],
)
async def test_an_upload_of_what_is_not_taken_is_not_permitted(
    studio: Any, body: dict[str, Any], field: str
) -> None:
    """The field is named, before anything is signed."""
    answer = await studio.member().post("/images/uploads", body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
