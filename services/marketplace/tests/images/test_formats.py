"""What is read of an image without decoding it, and what is refused by that alone."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import Problem
from marketplace.images.errors import ImageTypeDiffers
from marketplace.images.formats import Header, has_only_pixels, read_header

from . import pictures


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pictures.jpeg(70, 50), Header("image/jpeg", 70, 50)),
        (pictures.jpeg(70, 50, progressive=True), Header("image/jpeg", 70, 50)),
        (pictures.located_jpeg(), Header("image/jpeg", 64, 48)),
        (pictures.encode(pictures.picture().convert("L"), "JPEG"), Header("image/jpeg", 64, 48)),
        (pictures.png(70, 50), Header("image/png", 70, 50)),
        (pictures.webp(70, 50), Header("image/webp", 70, 50)),
        (
            pictures.encode(pictures.picture(70, 50), "WEBP", lossless=True),
            Header("image/webp", 70, 50),
        ),
        (
            pictures.encode(pictures.picture(70, 50).convert("RGBA"), "WEBP", xmp=b"x"),
            Header("image/webp", 70, 50),
        ),
        (pictures.polyglot(), Header("image/jpeg", 64, 48)),
    ],
)
def test_type_and_size_are_read(data: bytes, expected: Header) -> None:
    """Every form that is taken tells its type and its size."""
    assert read_header(data) == expected


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "image-empty"),
        (pictures.SVG, "image-type-unknown"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", "image-type-unknown"),
        (b"GIF89a" + bytes(20), "image-type-unknown"),
        (bytes(100), "image-type-unknown"),
        (pictures.jpeg()[:200], "image-truncated"),
        (pictures.jpeg()[:-2], "image-truncated"),
        (pictures.png()[:-12], "image-truncated"),
        (pictures.png()[:40], "image-truncated"),
        (pictures.webp()[:-2], "image-truncated"),
        (b"\xff\xd8\xff", "image-truncated"),
        (b"\xff\xd8\xff\xd9", "image-malformed"),
        (b"\xff\xd8\xff\xe0\x00\x04abXX", "image-malformed"),
        (pictures.declared_jpeg(60_000, 60_000), "image-too-many-pixels"),
        (pictures.declared_jpeg(0, 10), "image-malformed"),
        (pictures.crafted_png(20_000, 20_000), "image-too-many-pixels"),
        (pictures.crafted_png(2**31, 2**31, rows=0), "image-too-many-pixels"),
        (pictures.animated("PNG"), "image-animated"),
        (pictures.animated("WEBP"), "image-animated"),
        (pictures.cmyk_jpeg(), "image-colors-unsupported"),
        (pictures.deep_png(), "image-colors-unsupported"),
    ],
)
def test_what_is_no_image_of_ours_is_named(data: bytes, slug: str) -> None:
    """Each fault has a name of its own, found before anything is decoded."""
    with pytest.raises(Problem) as raised:
        read_header(data)
    assert raised.value.slug() == slug


@pytest.mark.parametrize("said", ["image/png", "text/html", "image/jpg", "application/json"])
def test_bytes_of_another_type_than_they_say_are_refused(said: str) -> None:
    """What is said to be something else is not served as that, nor taken as this."""
    with pytest.raises(ImageTypeDiffers):
        read_header(pictures.jpeg(), said)


@pytest.mark.parametrize("said", [None, "", "image/jpeg", "Image/JPEG; x=1"])
def test_bytes_may_come_without_a_type_or_with_their_own(said: str | None) -> None:
    """The bytes decide; saying nothing is no lie."""
    assert read_header(pictures.jpeg(), said).media_type == "image/jpeg"


def test_metadata_in_a_rendition_would_be_seen() -> None:
    """A WebP with a place or a profile in it is not taken for plain pixels."""
    plain = pictures.encode(pictures.picture().convert("RGBA"), "WEBP")
    assert has_only_pixels(plain)
    assert not has_only_pixels(pictures.encode(pictures.picture(), "WEBP", exif=b"Exif\0\0x"))
    assert not has_only_pixels(pictures.encode(pictures.picture(), "WEBP", xmp=b"<x/>"))
    assert not has_only_pixels(pictures.encode(pictures.picture(), "WEBP", icc_profile=b"x" * 9))


@given(
    make=st.sampled_from([pictures.jpeg, pictures.png, pictures.webp, pictures.located_jpeg]),
    place=st.integers(0, 400),
    noise=st.binary(max_size=12),
    cut=st.integers(0, 60),
)
def test_broken_bytes_raise_nothing_but_problems(
    make: Callable[[], bytes], place: int, noise: bytes, cut: int
) -> None:
    """Whatever is overwritten or cut off, the answer is a header or a named problem."""
    data = make()
    broken = data[:place] + noise + data[place + len(noise) : len(data) - cut]
    with suppress(Problem):
        assert read_header(broken).width > 0
