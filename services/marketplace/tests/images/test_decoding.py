"""The limited process: what it makes, what it refuses, and that its end harms nobody."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from marketplace.images.decoding.pool import Decoders, Limits
from marketplace.images.errors import DecoderDied
from marketplace.images.models import Refusal, Rendered

from . import pictures


@pytest.fixture(scope="module")
async def decoders() -> AsyncIterator[Decoders]:
    """A pool of one process with the usual limits."""
    async with Decoders.open(1) as pool:
        yield pool


def opened(data: bytes) -> Image.Image:
    """A rendition as it will be seen."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


async def made(decoders: Decoders, data: bytes) -> Rendered:
    """What became of an image that is good."""
    done = await decoders.render(data)
    assert isinstance(done, Rendered), done
    return done


async def test_three_sizes_fit_their_squares_and_are_never_enlarged(decoders: Decoders) -> None:
    """A large picture gets three sizes in its proportions, a small one keeps its own."""
    done = await made(decoders, pictures.jpeg(2000, 1000))
    sizes = {name: opened(data).size for name, data in done.renditions.items()}
    assert sizes == {"small": (160, 80), "medium": (480, 240), "large": (1600, 800)}
    assert (done.width, done.height) == (1600, 800)
    small = await made(decoders, pictures.png(100, 90))
    assert {opened(data).size for data in small.renditions.values()} == {(100, 90)}


async def test_nothing_of_the_file_passes_but_its_pixels_upright(decoders: Decoders) -> None:
    """Place, camera, comment and XMP are gone; what lay on its side stands."""
    data = pictures.located_jpeg()
    assert pictures.SECRET in data
    done = await made(decoders, data)
    assert (done.width, done.height) == (48, 64)
    for rendition in done.renditions.values():
        picture = opened(rendition)
        assert not {"exif", "xmp", "icc_profile", "comment"} & picture.info.keys()
        assert b"EXIF" not in rendition
        assert pictures.SECRET not in rendition
    # The corner that was at the top left is at the top right after a quarter turn.
    corner = opened(done.renditions["large"]).convert("RGB").crop((42, 2, 46, 6))
    red, green, _ = corner.split()
    assert min(red.tobytes()) > 200
    assert max(green.tobytes()) < 60


async def test_what_hangs_behind_a_picture_is_dropped(decoders: Decoders) -> None:
    """A page or an archive behind the end of a JPEG does not come out of it."""
    done = await made(decoders, pictures.polyglot())
    for rendition in done.renditions.values():
        assert b"<script" not in rendition
        assert b"PK\x03\x04" not in rendition


async def test_what_shines_through_still_does(decoders: Decoders) -> None:
    """A PNG with transparency, palette or not, keeps it."""
    clear = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 16, 16))
    for kind in (clear, clear.quantize(4)):
        done = await made(decoders, pictures.encode(kind, "PNG"))
        alpha = opened(done.renditions["large"]).getchannel("A").crop((20, 20, 28, 28))
        assert set(alpha.tobytes()) == {0}


async def test_the_dominant_color_is_that_of_most_of_the_picture(decoders: Decoders) -> None:
    """A blue picture with a red corner is blue."""
    done = await made(decoders, pictures.encode(pictures.picture(400, 400), "PNG"))
    red, green, blue = bytes.fromhex(done.color[1:])
    assert abs(red - 0x20) + abs(green - 0x60) + abs(blue - 0xA0) < 12


async def test_a_profile_is_applied_before_it_is_dropped(decoders: Decoders) -> None:
    """A picture in another colour space looks as before, without its profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (srgb, profile.tobytes(), b"no profile at all"):
        data = pictures.encode(pictures.picture(), "PNG", icc_profile=icc)
        done = await made(decoders, data)
        assert "icc_profile" not in opened(done.renditions["large"]).info


async def test_the_same_image_gives_the_same_bytes(decoders: Decoders) -> None:
    """So that a try that is done again writes the same objects."""
    data = pictures.jpeg(300, 200)
    assert (await made(decoders, data)).renditions == (await made(decoders, data)).renditions


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pictures.damaged_png(), "image-undecodable"),
        (pictures.crafted_png(20_000, 20_000), "image-too-many-pixels"),
        (pictures.text_bomb(), "image-undecodable"),
        (pictures.animated("WEBP"), "image-animated"),
        (pictures.cmyk_jpeg(), "image-colors-unsupported"),
        (pictures.deep_png(), "image-colors-unsupported"),
        (pictures.SVG, "image-undecodable"),
        (b"", "image-undecodable"),
    ],
)
async def test_what_can_not_be_decoded_is_refused_with_a_reason(
    decoders: Decoders, data: bytes, reason: str
) -> None:
    """The decoder checks for itself, whatever came past the checks before it."""
    done = await decoders.render(data)
    assert isinstance(done, Refusal)
    assert (done.reason, bool(done.detail)) == (reason, True)


async def test_a_killed_process_is_replaced(decoders: Decoders) -> None:
    """Who asked is told; the next one gets a fresh process."""
    await made(decoders, pictures.png())
    [pid] = decoders.pids
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(DecoderDied):
        await decoders.render(pictures.png())
    await made(decoders, pictures.png())
    assert decoders.pids != [pid]


async def test_who_stops_waiting_leaves_no_half_question(decoders: Decoders) -> None:
    """A cancelled image does not get its answer given to the next one."""
    asking = asyncio.create_task(decoders.render(pictures.jpeg(1500, 1500)))
    await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    done = await made(decoders, pictures.png(33, 44))
    assert (done.width, done.height) == (33, 44)


async def test_memory_time_and_patience_are_limited() -> None:
    """More memory or processor time than a photo takes is refused; being late is tried again."""
    large = pictures.crafted_png(6000, 6000, rows=6000)
    async with Decoders.open(1, Limits(memory_bytes=160 << 20)) as pool:
        done = await pool.render(large)
        assert isinstance(done, Refusal)
        assert done.reason == "image-too-costly"
        await made(pool, pictures.png())
    async with Decoders.open(1, Limits(wall_seconds=0.01)) as pool:
        with pytest.raises(DecoderDied, match="longer than the limit"):
            await pool.render(large)


async def test_the_process_has_no_secret_and_no_way_out(
    monkeypatch: pytest.MonkeyPatch, decoders: Decoders
) -> None:
    """It has no environment of the service's, and what decodes can open neither file nor socket."""
    monkeypatch.setenv("MARKETPLACE_DATABASE_URL", "postgresql://secret")
    await made(decoders, pictures.png())
    [pid] = decoders.pids
    environment = (Path("/proc") / str(pid) / "environ").read_bytes()
    assert b"secret" not in environment
    code = (
        "import os, socket, sys\n"
        "from marketplace.images.decoding.child import confine\n"
        "answer = os.dup(2)\n"
        "confine(1 << 30, 5)\n"
        "found = ''\n"
        "for way in (lambda: open('/etc/passwd'), socket.socket):\n"
        "    try: way(); found += 'open '\n"
        "    except OSError as error: found += error.strerror + '; '\n"
        "os.write(answer, found.encode()); os._exit(0)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", code, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert said.decode() == "Too many open files; Too many open files; "
