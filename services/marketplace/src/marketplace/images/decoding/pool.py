"""A few limited processes, each asked one image at a time; one that dies is replaced."""

import asyncio
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.logs import get_logger
from chassis.problems import Problem
from marketplace.images.errors import DecoderDied
from marketplace.images.formats import has_only_pixels, read_header
from marketplace.images.models import SIZES, Refusal, Rendered, SizeName

log = get_logger(__name__)

ANSWER_MAX_BYTES: Final = 16 * 1024 * 1024
#: Beyond the limit that the process keeps by itself.
PATIENCE_SECONDS: Final = 5.0
_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Limits:
    """What decoding one image may take."""

    memory_bytes: int = 768 * 1024 * 1024
    cpu_seconds: int = 15
    wall_seconds: float = 30.0


class _Head(BaseModel):
    """The first line of an answer: from a process that strangers' bytes may have taken over."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    outcome: Literal["ready", "refused", "died"]
    reason: Annotated[str, Field(pattern="^[a-z-]{1,64}$")] = "image-undecodable"
    detail: Annotated[str, Field(min_length=1, max_length=500)] = "it can't be decoded"
    width: Annotated[int, Field(ge=1, le=SIZES["large"])] = 1
    height: Annotated[int, Field(ge=1, le=SIZES["large"])] = 1
    color: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")] = "#000000"
    lengths: Annotated[list[int], Field(max_length=len(SIZES))] = []


class Decoders:
    """The pool. An image waits for a free process; none is started before it is needed."""

    def __init__(self, count: int, limits: Limits | None = None) -> None:
        """Have at most `count` images decoded at a time."""
        self.count = count
        self._all = [_Decoder(limits or Limits()) for _ in range(count)]
        self._free: asyncio.LifoQueue[_Decoder] = asyncio.LifoQueue()
        for decoder in self._all:
            self._free.put_nowait(decoder)

    @classmethod
    @asynccontextmanager
    async def open(cls, count: int, limits: Limits | None = None) -> AsyncIterator[Self]:
        """A pool whose processes are ended with it."""
        pool = cls(count, limits)
        try:
            yield pool
        finally:
            for decoder in pool._all:
                await decoder.end()

    @property
    def pids(self) -> list[int]:
        """The processes that are running now."""
        return [pid for decoder in self._all if (pid := decoder.pid) is not None]

    async def render(self, data: bytes) -> Rendered | Refusal:
        """Have an image decoded and made anew.

        Raises:
            DecoderDied: The process was ended, was late, or said nonsense; the next one is fresh.
        """
        decoder = await self._free.get()
        try:
            return _read(await decoder.ask(data))
        except Problem as problem:
            # What it made is no picture of ours: it is not trusted with another image.
            await decoder.end()
            raise DecoderDied(f"it made no picture: {problem.detail}") from problem
        finally:
            self._free.put_nowait(decoder)


class _Decoder:
    """One process, started when it is asked."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def ask(self, data: bytes) -> bytes:
        """The answer to an image."""
        try:
            async with asyncio.timeout(self._limits.wall_seconds + PATIENCE_SECONDS):
                return await self._ask(data)
        except (asyncio.IncompleteReadError, OSError, TimeoutError) as error:
            await self.end()
            raise DecoderDied(repr(error)[:200]) from error
        except BaseException:
            # Half a question may be in the pipe: this process can't be asked again.
            await self.end()
            raise

    async def _ask(self, data: bytes) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        if process.stdin is None or process.stdout is None:
            raise DecoderDied("it has no pipes")
        process.stdin.write(_LENGTH.pack(len(data)))
        process.stdin.write(data)
        await process.stdin.drain()
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        if length > ANSWER_MAX_BYTES:
            raise DecoderDied(f"it answers with {length} bytes")
        return await process.stdout.readexactly(length)

    async def _start(self) -> Process:
        limits = self._limits
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            "marketplace.images.decoding.child",
            str(limits.memory_bytes),
            str(limits.cpu_seconds),
            str(limits.wall_seconds),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            # No secret of the service is in it.
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )

    async def end(self) -> None:
        """End the process at once."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def _read(answer: bytes) -> Rendered | Refusal:
    """What an answer says, believed only as far as it can be checked."""
    line, _, rest = answer.partition(b"\n")
    try:
        head = _Head.model_validate_json(line)
    except ValidationError as error:
        raise DecoderDied("its answer can't be read") from error
    if head.outcome == "refused":
        return Refusal(head.reason, head.detail)
    if head.outcome == "died" or sum(head.lengths) != len(rest):
        raise DecoderDied(head.detail)
    renditions: dict[SizeName, bytes] = {}
    for name, length in zip(SIZES, head.lengths, strict=False):
        picture, rest = rest[:length], rest[length:]
        header = read_header(picture, "image/webp")
        if max(header.width, header.height) > SIZES[name] or not has_only_pixels(picture):
            raise DecoderDied(f"its {name} picture is none of ours")
        renditions[name] = picture
    if renditions.keys() != SIZES.keys():
        raise DecoderDied("a picture is missing")
    return Rendered(head.width, head.height, head.color, renditions)
