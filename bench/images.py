"""Images a second through the limited processes, beside the same work by Pillow without them.

`python bench/images.py --images 12 --json`. Each way takes the same photos in turns, so that what
else the machine does falls on all of them alike. `bare` is Pillow as one would write it: open,
three thumbnails, save; `render` is what the limited process does, called in this one; `limited` has
the start of its processes in it. Processor time tells on a busy machine what the clock does not.
"""

import argparse
import asyncio
import io
import json
import resource
import time
from collections.abc import Awaitable, Callable

from PIL import Image

from marketplace.images.decoding.pool import Decoders
from marketplace.images.decoding.render import EFFORT, QUALITY, render
from marketplace.images.models import SIZES, Rendered


def make_photo(width: int, height: int) -> bytes:
    """A JPEG with detail at several scales, about as large as a phone's."""
    ground = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    grain = Image.effect_noise((width // 4, height // 4), 40).convert("RGB").resize((width, height))
    buffer = io.BytesIO()
    Image.blend(ground, grain, 0.4).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def bare(photo: bytes) -> None:
    """Open, three thumbnails, save."""
    with Image.open(io.BytesIO(photo)) as image:
        image.load()
        for side in sorted(SIZES.values(), reverse=True):
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            image.save(io.BytesIO(), "WEBP", quality=QUALITY, method=EFFORT)


def spent(whose: int) -> float:
    """Processor time, in seconds."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


async def limited(photo: bytes, images: int, at_a_time: int) -> None:
    """Through a pool of its own: its processes have ended when this returns."""
    async with Decoders.open(at_a_time) as pool:
        for done in await asyncio.gather(*(pool.render(photo) for _ in range(images))):
            if not isinstance(done, Rendered):
                raise SystemExit("the photo was refused")


async def measure(images: int, rounds: int, photo: bytes) -> dict[str, tuple[float, float]]:
    """For each way: images a second, and seconds of processor time an image; the best of each."""

    async def in_process(do: Callable[[bytes], object]) -> None:
        for _ in range(images):
            do(photo)

    ways: dict[str, Callable[[], Awaitable[None]]] = {
        "bare": lambda: in_process(bare),
        "render": lambda: in_process(render),
        "limited": lambda: limited(photo, images, 1),
        "limited_two": lambda: limited(photo, images, 2),
    }
    found = dict.fromkeys(ways, (0.0, float("inf")))
    for _ in range(rounds):
        for name, do in ways.items():
            whose = resource.RUSAGE_CHILDREN if "limited" in name else resource.RUSAGE_SELF
            started, before = time.perf_counter(), spent(whose)
            await do()
            rate = images / (time.perf_counter() - started)
            cpu = (spent(whose) - before) / images
            found[name] = max(found[name][0], rate), min(found[name][1], cpu)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    photo = make_photo(asked.width, asked.height)
    ways = asyncio.run(measure(asked.images, asked.rounds, photo))
    figures = {f"{name}_per_second": round(rate, 2) for name, (rate, _) in ways.items()}
    figures |= {f"{name}_cpu_seconds": round(cpu, 3) for name, (_, cpu) in ways.items()}
    figures |= {
        "thumbnails_per_second": round(ways["limited_two"][0] * len(SIZES), 1),
        "bare_to_limited_cpu": round(ways["bare"][1] / ways["limited"][1], 2),
        "render_to_limited_cpu": round(ways["render"][1] / ways["limited"][1], 2),
    }
    if asked.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:<24} {figure}")


if __name__ == "__main__":
    main()
