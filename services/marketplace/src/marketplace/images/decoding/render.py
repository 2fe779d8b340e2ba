"""Make new pictures out of a stranger's: runs in the limited process only.

Only pixels pass: what else the file carries (place, camera, profile, text, what is hidden behind
its end) is left behind, because every rendition is encoded anew.
"""

import io
import warnings
from typing import Final

# The plugins are named, so that nothing is imported later: the process can't open a file then.
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from marketplace.images.models import PIXELS_MAX, SIZES, Refusal, Rendered

QUALITY: Final = 80
#: From fast (0) to small (6).
EFFORT: Final = 2
COLORS: Final = 8
_PLUGINS: Final = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_GREY_OR_COLOR: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
_DETAIL_MAX: Final = 200

Image.MAX_IMAGE_PIXELS = PIXELS_MAX


def render(data: bytes) -> Rendered | Refusal:
    """Decode an image, turn it upright, and encode it anew in each size.

    Args:
        data: The file as it came.

    Returns:
        The renditions, or why there are none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _render(data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Refusal("image-too-many-pixels", f"it has more than {PIXELS_MAX} pixels")
    except MemoryError:
        return Refusal("image-too-costly", "decoding it takes more memory than any photo does")
    except Exception as error:  # noqa: BLE001 - a decoder of strangers' bytes may raise anything
        said = "".join(filter(str.isprintable, str(error)))[:_DETAIL_MAX]
        return Refusal("image-undecodable", f"the file is damaged: {said or 'it has no picture'}")


def _render(data: bytes) -> Rendered | Refusal:
    largest = SIZES["large"]
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        if getattr(image, "n_frames", 1) > 1:
            return Refusal("image-animated", "it has several frames: send a single picture")
        if image.mode not in _GREY_OR_COLOR:
            return Refusal("image-colors-unsupported", f"its colours ({image.mode}) are not RGB")
        # A JPEG is decoded at the smallest scale that is still large enough.
        image.draft(None, (largest, largest))
        image.load()
        picture = _in_plain_mode(image)
        picture.thumbnail((largest, largest), Image.Resampling.LANCZOS, reducing_gap=2.0)
        picture = _in_screen_colors(picture, image.info.get("icc_profile"))
        orientation = image.getexif()
        picture.getexif().update(orientation)
        picture = ImageOps.exif_transpose(picture)
    renditions = {}
    width, height = picture.size
    for name, side in sorted(SIZES.items(), key=lambda size: -size[1]):
        if max(picture.size) > side:
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        renditions[name] = _encode(picture)
    color = _dominant_color(picture)
    return Rendered(width, height, color, {name: renditions[name] for name in SIZES})


def _in_plain_mode(image: Image.Image) -> Image.Image:
    """A copy in RGB, or RGBA where something shines through."""
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _in_screen_colors(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The same in sRGB, which is what a picture without a profile is taken for."""
    if not profile:
        return image
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _encode(picture: Image.Image) -> bytes:
    """A WebP of nothing but pixels: the encoder takes a profile from `info` if there is one."""
    picture.info = {}
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY, method=EFFORT)
    return buffer.getvalue()


def _dominant_color(picture: Image.Image) -> str:
    """The colour that most of a small picture has, of a few that stand for all."""
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    few = ground.quantize(COLORS)
    counts = few.histogram()
    most = counts.index(max(counts)) * 3
    red, green, blue = (few.getpalette() or [])[most : most + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"
