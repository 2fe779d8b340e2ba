"""A receipt, step by step: leaf, inclusion, root, signature, growth since an older checkpoint."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from localex_verifier import merkle
from localex_verifier.errors import Wrong
from localex_verifier.leaf import Transfer, open_transfer
from localex_verifier.note import Checkpoint, Key, open_checkpoint
from localex_verifier.strict import (
    FILE_MAX_BYTES,
    read_count,
    read_json,
    read_list,
    read_proof,
    read_text,
    require_fields,
)

RECEIPT: Final = "localex-receipt-v1"
BUNDLE: Final = "localex-consistency-v1"


@dataclass
class Report:
    """What holds, and what could not be checked with what was given."""

    proven: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Link:
    old_size: int
    newer: Checkpoint
    proof: list[bytes]


def verify(
    receipt: str,
    *,
    keys: Sequence[Key] = (),
    checkpoints: Sequence[str] = (),
    bundles: Sequence[str] = (),
) -> Report:
    """Verify a receipt.

    Args:
        receipt: The JSON file's text.
        keys: Keys of the log that one trusts, got by another way than the receipt.
        checkpoints: Signed checkpoints that one kept, older or newer.
        bundles: JSON files that tie checkpoints together, where the receipt does not.

    Returns:
        What was proven, in words, and what remains to be shown.

    Raises:
        Wrong: Something does not hold.
    """
    found = _read_document(receipt, RECEIPT)
    report = Report()
    checkpoint = open_checkpoint(read_text(found["checkpoint"], "the checkpoint"), keys)
    transfer = open_transfer(
        read_text(found["leaf"], "the leaf"), read_list(found["opened"], "the opened parts")
    )
    index = read_count(found["index"], "the index")
    merkle.verify_inclusion(
        leaf=transfer.leaf,
        index=index,
        size=checkpoint.size,
        proof=read_proof(found["proof"], "the inclusion proof"),
        root=checkpoint.root,
    )
    links = _read_links(found, checkpoint)
    for bundle in bundles:
        links += _read_bundle(bundle, keys)
    report.proven += describe(transfer)
    report.proven.append(f"This is entry {index} of {checkpoint}.")
    _report_signature(checkpoint, keys, report)
    for note in checkpoints:
        _verify_growth(checkpoint, open_checkpoint(note, keys), links, keys, report)
    return report


def describe(transfer: Transfer) -> Iterator[str]:
    """Say in words what the opened parts say."""
    about = defaultdict(lambda: "(not said)", transfer.columns)
    yield (
        f"Transfer {about['id']} ({about['kind']}) was posted at {about['posted_at']},"
        f" effective {about['effective_at']}."
    )
    if "reverses" in about:
        yield f"It reverses transfer {about['reverses']}."
    if about.get("metadata", "{}") != "{}":
        yield f"With it was written: {about['metadata']}"
    for number, entry in transfer.entries.items():
        amount = int(entry["amount_minor"])
        yield f"Account {entry['account_id']}: {amount:+d} {entry['asset']} (minor units)."
        standing = transfer.standings.get(number, {})
        if "balance_after_minor" in standing:
            yield (
                f"It was that account's entry {standing.get('account_seq')}; its balance was"
                f" {standing['balance_after_minor']} afterwards, of which"
                f" {standing.get('held_after_minor', '0')} held."
            )
    if transfer.is_whole():
        yield "All its entries are shown, and they sum to zero."
    else:
        yield f"{len(transfer.entries)} of its {transfer.entry_count} entries are shown."


def _read_document(text: str, wanted: str) -> dict[str, Any]:
    what = "the receipt" if wanted == RECEIPT else "the consistency file"
    if len(text.encode(errors="replace")) > FILE_MAX_BYTES:
        raise Wrong(f"{what} is larger than any of its kind")
    found = read_json(text, what)
    if not isinstance(found, dict) or found.get("format") != wanted:
        raise Wrong(f"{what} is none: its format is not {wanted}")
    own = {"format", "checkpoint"}
    if wanted == RECEIPT:
        return require_fields(
            found, what, own | {"leaf", "opened", "index", "proof"}, ["consistency"]
        )
    return require_fields(found, what, own | {"consistency"})


def _read_bundle(text: str, keys: Sequence[Key]) -> list[_Link]:
    found = _read_document(text, BUNDLE)
    return _read_links(found, open_checkpoint(read_text(found["checkpoint"], "checkpoint"), keys))


def _read_links(document: dict[str, Any], newer: Checkpoint) -> list[_Link]:
    links = []
    for item in read_list(document.get("consistency", []), "the consistency proofs"):
        found = require_fields(item, "a consistency proof", ["from", "proof"])
        old_size = read_count(found["from"], "the size a consistency proof starts from")
        links.append(_Link(old_size, newer, read_proof(found["proof"], "a consistency proof")))
    if len({link.old_size for link in links}) != len(links):
        raise Wrong("there are two consistency proofs from one size")
    return links


def _report_signature(checkpoint: Checkpoint, keys: Sequence[Key], report: Report) -> None:
    if checkpoint.signed_by:
        names = ", ".join(str(key) for key in checkpoint.signed_by)
        report.proven.append(f"The log's fingerprint is signed by {names}.")
    elif keys:
        raise Wrong(
            "none of the keys you trust signed this checkpoint: it is not from that log, or the"
            " log has a new key that it must show you by another way"
        )
    else:
        report.unproven.append("Who signed: give the log's public key with --key.")


def _verify_growth(
    ours: Checkpoint, kept: Checkpoint, links: Sequence[_Link], keys: Sequence[Key], report: Report
) -> None:
    if keys and not kept.signed_by:
        raise Wrong(f"none of the keys you trust signed the checkpoint you kept ({kept})")
    if kept.origin != ours.origin:
        raise Wrong(f"the checkpoint you kept is of another log: {kept.origin}")
    older, newer = sorted((ours, kept), key=lambda checkpoint: checkpoint.size)
    if older.size == newer.size:
        if older.root != newer.root:
            raise Wrong(
                f"split view: two different fingerprints for one log of {older.size} entries. If"
                " both are signed, the operator told two histories: keep both files, they prove it"
            )
        report.proven.append(f"The checkpoint you kept ({kept.size} entries) is the same one.")
        return
    usable = [
        link
        for link in links
        if (link.old_size, link.newer.size, link.newer.root) == (older.size, newer.size, newer.root)
    ]
    if not usable and older.size:
        report.unproven.append(
            f"That the log grew from {older.size} to {newer.size} entries: bring that consistency"
            f" proof (GET /v1/checkpoints/{newer.size}/consistency?from={older.size}) with"
            " --consistency."
        )
        return
    for link in usable or [_Link(0, newer, [])]:
        merkle.verify_consistency(
            old_size=older.size,
            new_size=newer.size,
            proof=link.proof,
            old_root=older.root,
            new_root=newer.root,
        )
    report.proven.append(
        f"From {older.size} to {newer.size} entries the log only grew: nothing that the older"
        " checkpoint covers was changed or removed."
    )
