"""Describe an archive to whoever opens it."""

from collections.abc import Mapping
from datetime import datetime

from gateway.exports.lifecycle import ABOUT

_HEAD = """\
What LocalEx keeps of you
=========================

Gathered on {day:%Y-%m-%d} (UTC), for you alone: whoever has this file can read all of it.

Each file that ends in .jsonl has a line for each thing, as JSON. A file without lines says that
nothing of the kind is kept. Amounts are text, times are UTC. `pictures` has your images, each by
its id in images.jsonl, as large as it is kept. manifest.json, the last file, has the size and the
SHA-256 of every other one, and when the gathering began and ended: things that changed meanwhile
may be told as they were before or after.

Not in it: passwords, keys and codes, of which nothing readable is kept; what is in your vault,
which you read there; and what others said or did, where it is theirs.

"""


def describe_archive(files: Mapping[str, int], began_at: datetime) -> str:
    """What the archive is, and what each file says.

    Args:
        files: How many lines each kind has, in the order of the archive.
        began_at: When it was gathered.
    """
    width = max(map(len, files), default=0) + len(".jsonl")
    told = (f"{f'{kind}.jsonl':{width}}  {ABOUT[kind]} ({n:,})\n" for kind, n in files.items())
    return _HEAD.format(day=began_at) + "".join(told)
