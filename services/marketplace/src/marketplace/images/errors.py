"""Problems of images."""

from typing import Any
from uuid import UUID

from chassis.problems import Forbidden, Malformed, Missing, Problem, Refused, TooLarge, Transient
from marketplace.images.models import IMAGES_OF_ITEM_MAX, PIXELS_MAX, Quota


class ImageProblem(Malformed):
    """The bytes are no image that is taken here."""

    title = "The image can't be taken"

    def __init__(self, detail: str, **facts: Any) -> None:
        """Say what is wrong with it, and what to send instead."""
        errors = [{"field": "body", "rule": self.slug(), "message": detail}]
        super().__init__(detail, errors=errors, **facts)


class ImageEmpty(ImageProblem):
    """There are no bytes."""

    title = "The image is empty"


class ImageTypeUnknown(ImageProblem):
    """By its first bytes it is none of the types that are taken."""

    status = 415
    title = "This type of image is not taken"


class ImageTypeDiffers(ImageProblem):
    """It says to be one type and is another."""

    title = "The image is of another type than it says"


class ImageTruncated(ImageProblem):
    """Its end is missing."""

    title = "The image is cut off"


class ImageMalformed(ImageProblem):
    """Its structure is broken."""

    title = "The image is damaged"


class ImageAnimated(ImageProblem):
    """It has more than one frame."""

    title = "Animated images are not taken"


class ImageColorsUnsupported(ImageProblem):
    """Its colours are not those of screens."""

    title = "These colours are not taken"


class ImageTooManyPixels(ImageProblem):
    """It is too large to be decoded, whatever its file's size."""

    title = "The image has too many pixels"

    def __init__(self, width: int, height: int) -> None:
        """Say how many, and how many are taken."""
        super().__init__(
            f"{width} x {height} pixels are more than {PIXELS_MAX}: send it smaller",
            width=width,
            height=height,
            pixels_max=PIXELS_MAX,
        )


class ImageTooLarge(TooLarge):
    """The file is larger than the limit."""

    title = "The image is too large"

    def __init__(self, max_bytes: int) -> None:
        """Say how large it may be."""
        super().__init__(f"the image has more than {max_bytes} bytes", max_bytes=max_bytes)


class LengthRequired(Problem):
    """The request does not say how long its body is."""

    status = 411
    title = "Say how long the body is"

    def __init__(self) -> None:
        """Say how."""
        super().__init__("send Content-Length: an image is not taken in chunks of unknown length")


class BodyIncomplete(Malformed):
    """The body ended before its length, or went on after it."""

    title = "The body is not as long as it says"


class ImageQuotaReached(Refused):
    """The person keeps as much as anyone may."""

    title = "Your quota of images is reached"

    def __init__(self, quota: Quota | None = None) -> None:
        """Say what is kept and allowed, where it is known."""
        facts: dict[str, Any] = {}
        kept = "what you keep, with this image, is more than you may"
        if quota is not None:
            kept = (
                f"you keep {quota.images} of {quota.images_max} images and {quota.bytes} of "
                f"{quota.bytes_max} bytes, and this one is more than is left"
            )
            facts = {
                "images": quota.images,
                "images_max": quota.images_max,
                "bytes": quota.bytes,
                "bytes_max": quota.bytes_max,
            }
        super().__init__(f"{kept}; delete what you don't need", **facts)


class NoSuchImage(Missing):
    """There is no such image, or it is somebody else's."""

    title = "There is no such image"

    def __init__(self, image_id: UUID | str) -> None:
        """Name it."""
        super().__init__(f"there is no image {image_id} here")


class NoSuchUpload(Missing):
    """There is no such upload, it is over, or it is somebody else's."""

    title = "There is no such upload"

    def __init__(self, upload_id: UUID) -> None:
        """Name it."""
        super().__init__(f"no upload {upload_id} is open; ask for a new one")


class UploadNotArrived(Refused):
    """The storage does not have the announced bytes."""

    title = "The upload has not arrived"


class ImageRefused(Refused):
    """The image was refused, and can't be shown."""

    title = "The image was refused"

    def __init__(self, image_id: UUID) -> None:
        """Name it."""
        super().__init__(f"image {image_id} was refused; upload another", image_id=str(image_id))


class ImageNotReady(Refused):
    """Nobody has looked at the image yet."""

    title = "The image is not ready"

    def __init__(self, image_id: UUID) -> None:
        """Name it, and say what to wait for."""
        super().__init__(
            f"image {image_id} is being looked at: try again when its state is READY",
            image_id=str(image_id),
        )


class ImageIsEvidence(Refused):
    """The image is evidence in a dispute."""

    title = "The image is evidence"

    def __init__(self, image_id: UUID) -> None:
        """Name it."""
        super().__init__(
            f"image {image_id} was shown in a dispute, and stays; it can be taken off its item",
            image_id=str(image_id),
        )


class ImageElsewhere(Refused):
    """The image is on another item."""

    title = "The image is on another item"

    def __init__(self, image_id: UUID, item_id: UUID) -> None:
        """Say on which."""
        super().__init__(
            f"image {image_id} is on item {item_id}: take it off there, or upload it again",
            image_id=str(image_id),
            item_id=str(item_id),
        )


class NotYourImages(Forbidden):
    """An item shows images of its own seller."""

    title = "An item shows images of its own seller"


class TooManyImages(Malformed):
    """An item shows at most ten images."""

    title = "An item shows at most ten images"

    def __init__(self, count: int) -> None:
        """Say how many there are."""
        message = f"an item shows at most {IMAGES_OF_ITEM_MAX} images, these are {count}"
        super().__init__(
            message,
            errors=[{"field": "images", "rule": "max_length", "message": message}],
            images_max=IMAGES_OF_ITEM_MAX,
        )


class ImagesOff(Problem):
    """There is no object storage here."""

    status = 503
    title = "Images are switched off here"

    def __init__(self) -> None:
        """Say what is missing."""
        super().__init__("no object storage is set up: LOCALEX_S3_ENDPOINT and LOCALEX_S3_BUCKET")


class StorageAway(Transient):
    """The object storage did not answer."""

    def __init__(self) -> None:
        """Say it without addresses, which are nobody's business; the log has them."""
        super().__init__("the object storage can't be reached", retry_after_seconds=2)


class DecoderDied(Exception):
    """The process that decoded was ended, or said nonsense: worth another try."""


#: Constraint names, and the problem that each of them is.
PROBLEMS: dict[str, type[Problem]] = {
    "image_quota_images_within": ImageQuotaReached,
    "image_quota_bytes_within": ImageQuotaReached,
    "item_image_own": NotYourImages,
    "item_image_usable": ImageRefused,
    "item_image_once": ImageElsewhere,
    "item_image_position_in_range": TooManyImages,
}
