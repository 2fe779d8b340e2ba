"""Where clients find an image: a base, the hash of its content, and a size."""

from typing import Final, TypedDict

OWN_BASE: Final = "/v1/images"
SIZE_NAMES: Final = ("small", "medium", "large")

_base = OWN_BASE


class ImageUrls(TypedDict):
    """The addresses of an image's renditions, which fit in 160, 480 and 1,600 pixels."""

    small: str
    medium: str
    large: str


def set_base(url: str) -> None:
    """Say once, when the process starts, where images are read: here, or at a CDN."""
    global _base  # noqa: PLW0603 - views and events are made far from where settings are
    _base = url.rstrip("/")


def urls_of(image_hash: str) -> ImageUrls:
    """The addresses of an image."""
    small, medium, large = (f"{_base}/{image_hash}/{size}.webp" for size in SIZE_NAMES)
    return ImageUrls(small=small, medium=medium, large=large)
