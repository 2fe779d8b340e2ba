"""Receive the body of a request that is an image, no more of it than is allowed."""

from fastapi import Request

from marketplace.images.errors import BodyIncomplete, ImageEmpty, ImageTooLarge, LengthRequired
from marketplace.images.formats import type_of

#: So many bytes tell the type.
_MAGIC_BYTES = 32


async def receive_image(request: Request, max_bytes: int) -> bytes:
    """The whole body, refused as soon as it is known to be none that is taken.

    Args:
        request: As it comes in.
        max_bytes: The most that it may have.

    Raises:
        LengthRequired: The request does not say how long it is.
        ImageEmpty: It says zero.
        ImageTooLarge: It says, or has, more than the limit.
        ImageTypeUnknown: Its first bytes are no image's.
        BodyIncomplete: It is not as long as it says.
    """
    said = request.headers.get("content-length", "")
    if not said.isdigit():
        raise LengthRequired
    length = int(said)
    if length == 0:
        raise ImageEmpty("the body is empty: send JPEG, PNG or WebP")
    if length > max_bytes:
        raise ImageTooLarge(max_bytes)
    body = bytearray()
    checked = False
    async for part in request.stream():
        body += part
        if len(body) > length:
            raise ImageTooLarge(max_bytes)
        if not checked and len(body) >= _MAGIC_BYTES:
            type_of(bytes(body[:256]))
            checked = True
    if len(body) != length:
        raise BodyIncomplete(f"{length} bytes were announced, {len(body)} came: send it again")
    return bytes(body)
