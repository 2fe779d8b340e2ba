"""The limited process: `python -I -m marketplace.images.decoding.child`, asked over its pipes.

For each image it forks, so that each is decoded in a process of its own, which never saw another
image, has no environment, and can open no file and no connection. A process that takes too long,
too much or dies harms nobody: the answer says so, and the next image gets a new one.

A question is a length in four bytes and an image; an answer is a length and, in it, a line of JSON
and the renditions one after another.
"""

import json
import os
import resource
import select
import signal
import struct
import sys
import time
from contextlib import suppress
from typing import Any, Final

from marketplace.images.decoding.render import render
from marketplace.images.models import SIZES, UPLOAD_MAX_BYTES, Refusal

ANSWER_MAX_BYTES: Final = 16 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")
_IN: Final = 0
_OUT: Final = 1


def main(memory_bytes: int, cpu_seconds: int, wall_seconds: float) -> None:
    """Answer questions until there are no more."""
    warm_up()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A network of its own with nothing in it, where the kernel lets us; see `confine` besides.
    with suppress(OSError):
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    while question := read_exactly(_IN, _LENGTH.size):
        (length,) = _LENGTH.unpack(question)
        data = read_exactly(_IN, length) if length <= UPLOAD_MAX_BYTES else b""
        if len(data) != length:
            return
        answer = in_a_process(data, memory_bytes, cpu_seconds, wall_seconds)
        write_all(_OUT, _LENGTH.pack(len(answer)) + answer)


def warm_up() -> None:
    """Have everything imported that a picture may need: later nothing can be opened."""
    from io import BytesIO

    from PIL import Image, ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "PNG", "WEBP"):
        buffer = BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, kind, icc_profile=profile, exif=exif)
        if isinstance(render(buffer.getvalue()), Refusal):
            raise SystemExit("the decoder can't decode")


def in_a_process(data: bytes, memory_bytes: int, cpu_seconds: int, wall_seconds: float) -> bytes:
    """Decode in a process that is made for it, and ended with it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        # Nothing may leave this branch but the end of the process.
        try:
            os.close(reading)
            confine(memory_bytes, cpu_seconds)
            write_all(writing, answer_of(data))
        finally:
            os._exit(0)
    os.close(writing)
    answer, late = collect(reading, time.monotonic() + wall_seconds)
    os.close(reading)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if late:
        return died("took longer than the limit")
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return line_of(Refusal("image-too-costly", "decoding it takes longer than any photo does"))
    if not answer:
        return died(f"ended by itself, status {status}")
    return answer


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """Give up what a decoder does not need; whatever it becomes then, it stays confined."""
    os.close(_IN)
    os.close(_OUT)
    limits: list[tuple[int, int]] = [
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        # No new file and no socket; the pipe for the answer is open already.
        (resource.RLIMIT_NOFILE, 0),
    ]
    for limit, most in limits:
        resource.setrlimit(limit, (most, most))
    # The soft limit ends it by a signal that tells why; the hard one would be an anonymous kill.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))


def answer_of(data: bytes) -> bytes:
    """The answer to one question."""
    done = render(data)
    if isinstance(done, Refusal):
        return line_of(done)
    parts = [done.renditions[name] for name in SIZES]
    head = {
        "outcome": "ready",
        "width": done.width,
        "height": done.height,
        "color": done.color,
        "lengths": [len(part) for part in parts],
    }
    return json.dumps(head).encode() + b"\n" + b"".join(parts)


def line_of(refusal: Refusal) -> bytes:
    """A refusal as an answer."""
    return _line({"outcome": "refused", "reason": refusal.reason, "detail": refusal.detail})


def died(detail: str) -> bytes:
    """The end of a process as an answer."""
    return _line({"outcome": "died", "reason": "died", "detail": detail})


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def collect(reading: int, deadline: float) -> tuple[bytes, bool]:
    """All that comes before the end or the deadline, and whether it was the deadline."""
    parts: list[bytes] = []
    size = 0
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([reading], [], [], left)
        if not ready:
            break
        part = os.read(reading, 1 << 20)
        size += len(part)
        if not part or size > ANSWER_MAX_BYTES:
            return (b"".join(parts) if size <= ANSWER_MAX_BYTES else b""), False
        parts.append(part)
    return b"", True


def read_exactly(source: int, length: int) -> bytes:
    """So many bytes; fewer only at the end."""
    parts: list[bytes] = []
    while length:
        part = os.read(source, min(length, 1 << 20))
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def write_all(target: int, data: bytes) -> None:
    """Write until all is written."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):
        main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
