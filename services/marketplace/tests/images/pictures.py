"""Pictures for tests, made here: good ones, and all that people send instead."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

SECRET = b"52.5163 13.3777"
PNG = b"\x89PNG\r\n\x1a\n"
#: GPS latitude and longitude, a camera, and what it turns: the picture lies on its side.
ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def encode(image: Image.Image, kind: str, **how: Any) -> bytes:
    """An image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def picture(width: int = 64, height: int = 48, color: str = "#2060a0") -> Image.Image:
    """Mostly of one colour, with a red corner at the top left."""
    image = Image.new("RGB", (width, height), color)
    image.paste("#ff0000", (0, 0, width // 4, height // 4))
    return image


def jpeg(width: int = 64, height: int = 48, **how: Any) -> bytes:
    """A plain JPEG."""
    return encode(picture(width, height), "JPEG", **how)


def png(width: int = 64, height: int = 48) -> bytes:
    """A plain PNG."""
    return encode(picture(width, height), "PNG")


def webp(width: int = 64, height: int = 48) -> bytes:
    """A plain WebP."""
    return encode(picture(width, height), "WEBP")


def located_jpeg() -> bytes:
    """A JPEG that knows where it was taken, by whom, and that it lies on its side."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKE] = "Camera of " + SECRET.decode()
    exif[GPS] = {1: "N", 2: (52.0, 30.0, 58.0), 3: "E", 4: (13.0, 22.0, 39.0)}
    return encode(
        picture(64, 48), "JPEG", exif=exif, comment=SECRET, xmp=b"<x:xmpmeta>" + SECRET + b"</x>"
    )


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def crafted_png(width: int, height: int, *, bits: int = 8, kind: int = 2, rows: int = 1) -> bytes:
    """A PNG of any declared size whose data are as many zeros as are asked for, well packed."""
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    data = zlib.compress(b"\0" * (rows * (1 + width * 3)), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    """A small PNG with a comment that unpacks to 100 megabytes."""
    bomb = b"Comment\0\0" + zlib.compress(b"\0" * 100_000_000, 9)
    plain = png(8, 8)
    return plain[:33] + chunk(b"zTXt", bomb) + plain[33:]


def declared_jpeg(width: int, height: int) -> bytes:
    """A small JPEG that says to be of any size."""
    plain = bytearray(jpeg(8, 8))
    at = plain.index(b"\xff\xc0") + 5
    plain[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(plain)


def animated(kind: str) -> bytes:
    """Two frames."""
    frames = [picture(16, 16), picture(16, 16, "#a06020")]
    return encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def deep_png() -> bytes:
    """16 bits a channel."""
    return encode(Image.new("I;16", (16, 16), 40_000), "PNG")


def cmyk_jpeg() -> bytes:
    """Colours for printing."""
    return encode(Image.new("CMYK", (16, 16)), "JPEG")


def polyglot() -> bytes:
    """A right JPEG, which is a page and an archive as well for who reads it so."""
    return jpeg() + b"<html><script>alert(1)</script></html>PK\x03\x04" + SECRET


def damaged_png() -> bytes:
    """A PNG with all its parts, whose data don't unpack."""
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", b"no zlib at all") + chunk(b"IEND", b"")
    return PNG + parts


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
