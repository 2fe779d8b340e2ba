"""What a member takes home: a receipt for a transfer, and bundles that tie checkpoints together."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.notes import SignedNote

RECEIPT_FORMAT: Final = "localex-receipt-v1"
CONSISTENCY_FORMAT: Final = "localex-consistency-v1"
MEDIA_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Link:
    """Proof that the tree of a checkpoint grew from one of `old_size` leaves."""

    old_size: int
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that is needed to prove, without us, that a transfer is in the signed history."""

    leaf: str
    opened: Sequence[str]
    index: int
    proof: Sequence[bytes]
    checkpoint: SignedNote
    links: Sequence[Link] = ()

    def render(self) -> str:
        """The receipt as a JSON file."""
        return _render(
            {
                "format": RECEIPT_FORMAT,
                "leaf": self.leaf,
                "opened": list(self.opened),
                "index": self.index,
                "proof": _hashes(self.proof),
                "checkpoint": self.checkpoint.render(),
                "consistency": _links(self.links),
            }
        )


@dataclass(frozen=True, slots=True)
class ConsistencyBundle:
    """Proof that a checkpoint's history holds those of older ones."""

    checkpoint: SignedNote
    links: Sequence[Link]

    def render(self) -> str:
        """The bundle as a JSON file."""
        return _render(
            {
                "format": CONSISTENCY_FORMAT,
                "checkpoint": self.checkpoint.render(),
                "consistency": _links(self.links),
            }
        )


def _hashes(proof: Sequence[bytes]) -> list[str]:
    return [b64encode(node).decode() for node in proof]


def _links(links: Sequence[Link]) -> list[dict[str, object]]:
    return [{"from": link.old_size, "proof": _hashes(link.proof)} for link in links]


def _render(document: dict[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
