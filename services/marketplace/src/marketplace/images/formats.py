"""What an image's structure says of it, read without decoding anything. Pure, in safe Python.

The limits are checked here first: on what the bytes are, not on what they are said to be. The
decoder checks again on what it finds.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from marketplace.images.errors import (
    ImageAnimated,
    ImageColorsUnsupported,
    ImageEmpty,
    ImageMalformed,
    ImageTooManyPixels,
    ImageTruncated,
    ImageTypeDiffers,
    ImageTypeUnknown,
)
from marketplace.images.models import PIXELS_MAX, MediaType

PARTS_MAX: Final = 20_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_TAKEN: Final = "send JPEG, PNG or WebP"
_OTHERS: Final = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"II*\x00": "a TIFF",
    b"MM\x00*": "a TIFF",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "an archive",
    b"\x00\x00\x01\x00": "an icon",
}
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_GREY_OR_COLOR: Final = (1, 3)
_BITS: Final = 8
_WEBP_ANIMATED: Final = 0x02
_WEBP_PIXELS: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})


@dataclass(frozen=True, slots=True)
class Header:
    """What the structure says."""

    media_type: MediaType
    width: int
    height: int


def read_header(data: bytes, said: str | None = None) -> Header:
    """Read what an image is.

    Args:
        data: All of it.
        said: The media type that it is said to be; nothing when nobody said.

    Raises:
        ImageEmpty: There is nothing.
        ImageTypeUnknown: It is none of the types that are taken.
        ImageTypeDiffers: It is another type than it is said to be.
        ImageTruncated: Its end is missing.
        ImageMalformed: Its structure is broken.
        ImageAnimated: It has frames.
        ImageColorsUnsupported: It is in CMYK, or has more than 8 bits a channel.
        ImageTooManyPixels: It is too large to be decoded.
    """
    if not data:
        raise ImageEmpty(f"the body is empty: {_TAKEN}")
    media_type = type_of(data)
    named = (said or "").partition(";")[0].strip().lower()
    if named and named not in (media_type, "application/octet-stream"):
        raise ImageTypeDiffers(
            f"the bytes are {media_type}, not {named[:100]}: say what it is, or send what you say",
            found=media_type,
        )
    reader = {"image/jpeg": _read_jpeg, "image/png": _read_png, "image/webp": _read_webp}
    try:
        width, height = reader[media_type](data)
    except (struct.error, IndexError) as error:
        raise ImageTruncated("the image ends too early: send the whole file") from error
    if width < 1 or height < 1:
        raise ImageMalformed(f"an image of {width} x {height} pixels is none")
    if width * height > PIXELS_MAX:
        raise ImageTooManyPixels(width, height)
    return Header(media_type, width, height)


def type_of(data: bytes) -> MediaType:
    """The type by the first bytes.

    Raises:
        ImageTypeUnknown: None of ours.
    """
    if data.startswith(_JPEG):
        return "image/jpeg"
    if data.startswith(_PNG):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    found = next((name for magic, name in _OTHERS.items() if data.startswith(magic)), None)
    if found is None and data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        found = "SVG, HTML or another text with tags"
    raise ImageTypeUnknown(f"this is {found or 'no image that is known here'}: {_TAKEN}")


def has_only_pixels(data: bytes) -> bool:
    """Whether a WebP carries nothing but its picture: no place, no camera, no profile."""
    return all(name in _WEBP_PIXELS for name, _, _ in _webp_parts(data))


def _read_jpeg(data: bytes) -> tuple[int, int]:
    size: tuple[int, int] | None = None
    position = 2
    for _ in range(PARTS_MAX):
        if data[position] != 0xFF:  # noqa: PLR2004 - every marker begins so
            raise ImageMalformed("a part of the JPEG does not begin where the one before ends")
        while data[position + 1] == 0xFF:  # noqa: PLR2004 - fill bytes
            position += 1
        marker = data[position + 1]
        position += 2
        if marker in (0x01, *range(0xD0, 0xD8)):
            continue
        if marker in (0xD8, 0xD9):
            break
        (length,) = struct.unpack_from(">H", data, position)
        if marker in _FRAMES:
            bits, height, width, components = struct.unpack_from(">BHHB", data, position + 2)
            _check_colors("JPEG", bits, components)
            size = width, height
        position += length
        if marker == 0xDA:  # noqa: PLR2004 - the picture itself begins
            # Inside it FF is always followed by another byte than the end's.
            if data.find(b"\xff\xd9", position) < 0:
                raise ImageTruncated("the JPEG has no end: send the whole file")
            break
    if size is None:
        raise ImageMalformed("the JPEG does not say how large it is")
    return size


def _check_colors(name: str, bits: int, components: int) -> None:
    if components not in _GREY_OR_COLOR:
        raise ImageColorsUnsupported(
            f"the {name} has {components} colour channels (CMYK, for printing): save it as RGB"
        )
    if bits != _BITS:
        raise ImageColorsUnsupported(f"the {name} has {bits} bits a channel: save it with 8")


def _read_png(data: bytes) -> tuple[int, int]:
    position = len(_PNG)
    length, name = struct.unpack_from(">I4s", data, position)
    if name != b"IHDR" or length != 13:  # noqa: PLR2004 - by the format
        raise ImageMalformed("the PNG does not begin with its header")
    width, height, bits = struct.unpack_from(">IIB", data, position + 8)
    for _ in range(PARTS_MAX):
        length, name = struct.unpack_from(">I4s", data, position)
        position += 12 + length
        if position > len(data):
            raise ImageTruncated("the PNG ends within a part: send the whole file")
        if name == b"acTL":
            raise ImageAnimated("the PNG is animated: send a single picture")
        if name == b"IEND":
            break
    else:
        raise ImageMalformed(f"the PNG has more than {PARTS_MAX} parts")
    if bits > _BITS:
        raise ImageColorsUnsupported(f"the PNG has {bits} bits a channel: save it with 8")
    return width, height


def _read_webp(data: bytes) -> tuple[int, int]:
    size: tuple[int, int] | None = None
    for name, start, length in _webp_parts(data):
        if name == b"VP8X":
            if data[start] & _WEBP_ANIMATED:
                raise ImageAnimated("the WebP is animated: send a single picture")
            width, height = _int24(data, start + 4) + 1, _int24(data, start + 7) + 1
            if width * height > PIXELS_MAX:
                raise ImageTooManyPixels(width, height)
        elif name in (b"ANIM", b"ANMF"):
            raise ImageAnimated("the WebP is animated: send a single picture")
        elif name == b"VP8 " and size is None and length:
            if data[start + 3 : start + 6] != b"\x9d\x01\x2a":
                raise ImageMalformed("the WebP's picture does not begin as one")
            width, height = struct.unpack_from("<HH", data, start + 6)
            size = width & 0x3FFF, height & 0x3FFF
        elif name == b"VP8L" and size is None and length:
            (bits,) = struct.unpack_from("<I", data, start + 1)
            size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if size is None:
        raise ImageMalformed("the WebP has no picture")
    return size


def _webp_parts(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and length of each part."""
    (announced,) = struct.unpack_from("<I", data, 4)
    end = announced + 8
    if end > len(data):
        raise ImageTruncated("the WebP is shorter than it says: send the whole file")
    position = 12
    for _ in range(PARTS_MAX):
        if position + 8 > end:
            return
        name, length = struct.unpack_from("<4sI", data, position)
        if position + 8 + length > end:
            raise ImageTruncated("the WebP ends within a part: send the whole file")
        yield name, position + 8, length
        position += 8 + length + length % 2
    raise ImageMalformed(f"the WebP has more than {PARTS_MAX} parts")


def _int24(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 3], "little")
