"""Images a second through the limited processes, beside the same work by Pillow without them.

`python bench/images.py --images 12 --json`. Each way takes the same photos in turns, so that what
else the machine does falls on all of them alike. `bare` is Pillow as one would write it: open,
three thumbnails, save; `render` is what the limited process does, called in this one.
"""

import argparse
import asyncio
import io
import json
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


async def measure(images: int, rounds: int, width: int, height: int) -> dict[str, float]:
    """Images a second in each way, the best round of each."""
    photo = make_photo(width, height)
    found = {"bare": 0.0, "render": 0.0, "limited": 0.0, "limited_two": 0.0}
    async with Decoders.open(2) as pool:
        await asyncio.gather(pool.render(photo), pool.render(photo))

        async def in_process(do: Callable[[bytes], object]) -> None:
            for _ in range(images):
                do(photo)

        async def one_by_one() -> None:
            for _ in range(images):
                if not isinstance(await pool.render(photo), Rendered):
                    raise SystemExit("the photo was refused")

        async def two_at_a_time() -> None:
            await asyncio.gather(*(pool.render(photo) for _ in range(images)))

        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "bare": lambda: in_process(bare),
            "render": lambda: in_process(render),
            "limited": one_by_one,
            "limited_two": two_at_a_time,
        }
        for _ in range(rounds):
            for name, do in ways.items():
                started = time.perf_counter()
                await do()
                found[name] = max(found[name], images / (time.perf_counter() - started))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rates = asyncio.run(measure(asked.images, asked.rounds, asked.width, asked.height))
    figures = {
        **{f"{name}_per_second": round(rate, 2) for name, rate in rates.items()},
        "thumbnails_per_second": round(rates["limited_two"] * len(SIZES), 1),
        "limited_to_bare": round(rates["limited"] / rates["bare"], 2),
        "limited_to_render": round(rates["limited"] / rates["render"], 2),
    }
    if asked.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:<24} {figure}")


if __name__ == "__main__":
    main()
