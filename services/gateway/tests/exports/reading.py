"""Reads an export back as whoever gets it would."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Export:
    """What is in the file, by kind, and what its manifest says."""

    manifest: dict[str, Any]
    lines: dict[str, list[dict[str, Any]]]


def read_export(content: bytes) -> Export:
    """The file, each part of which is as its manifest says."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        names = [name for name in archive.namelist() if name != "manifest.json"]
        assert [one["name"] for one in manifest["files"]] == names
        lines = {}
        for one in manifest["files"]:
            written = archive.read(one["name"])
            found = [json.loads(line) for line in written.splitlines()]
            assert one["sha256"] == hashlib.sha256(written).hexdigest()
            assert (one["bytes"], one["lines"]) == (len(written), len(found))
            lines[one["name"].removesuffix(".jsonl")] = found
    assert manifest["format"] == "localex-export-v1"
    return Export(manifest, lines)
