"""HTTP edge of the log: receipts for parties, checkpoints and keys for every member."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from chassis.access import Person
from chassis.answers import document_of, text_of
from chassis.notes import SignedNote
from chassis.service import OpenDatabase
from ledger.reach import reach_of
from ledger.transparency import queries
from ledger.transparency.errors import NoSuchCheckpoint
from ledger.transparency.models import SignedCheckpoint
from ledger.transparency.prove import prove_transfer
from ledger.transparency.receipt import MEDIA_TYPE, ConsistencyBundle
from ledger.transparency.tie import tie_sizes

router = APIRouter(tags=["transparency"])

TEXT: Final = "text/plain; charset=utf-8"
#: What was signed stays as it is.
FOR_EVER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
FRESH: Final = {"Cache-Control": "no-cache"}

Size = Annotated[int, Field(ge=0, lt=2**63)]
SizeInPath = Annotated[int, Path(ge=0, lt=2**63)]


@router.get(
    "/transfers/{transfer_id}/proof",
    response_class=Response,
    responses=document_of("The receipt"),
)
async def get_receipt(
    transfer_id: UUID,
    caller: Person,
    database: OpenDatabase,
    since: Annotated[list[Size] | None, Query(alias="from", max_length=10)] = None,
) -> Response:
    """A receipt to keep: it proves offline that the transfer is part of the signed history.

    `from` ties it to older checkpoints that one has kept.
    """
    async with database.connection() as conn:
        receipt = await prove_transfer(conn, transfer_id, reach=reach_of(caller), since=since or ())
    name = f'attachment; filename="receipt-{transfer_id}.json"'
    headers = FRESH | {"Content-Disposition": name}
    return Response(receipt.render(), media_type=MEDIA_TYPE, headers=headers)


@router.get("/checkpoints/latest", response_class=Response, responses=text_of("A signed note"))
async def get_latest_checkpoint(_caller: Person, database: OpenDatabase) -> Response:
    """The newest signed checkpoint, a C2SP signed note."""
    async with database.connection() as conn:
        found = _require(await queries.select_latest(conn))
    return Response(found.note, media_type=TEXT, headers=FRESH)


@router.get("/checkpoints/key", response_class=Response, responses=text_of("Keys, one a line"))
async def get_log_keys(_caller: Person, database: OpenDatabase) -> Response:
    """The log's public keys, newest first, one a line. Compare them with another source."""
    async with database.connection() as conn:
        keys = await queries.select_keys(conn)
    return Response("".join(f"{key}\n" for key in keys), media_type=TEXT, headers=FRESH)


@router.get("/checkpoints/{size}", response_class=Response, responses=text_of("A signed note"))
async def get_checkpoint(size: SizeInPath, _caller: Person, database: OpenDatabase) -> Response:
    """The checkpoint that was signed for a size."""
    async with database.connection() as conn:
        found = _require(await queries.select_checkpoint(conn, size))
    return Response(found.note, media_type=TEXT, headers=FOR_EVER)


@router.get(
    "/checkpoints/{size}/consistency",
    response_class=Response,
    responses=document_of("The proof"),
)
async def get_consistency(
    size: SizeInPath,
    old_size: Annotated[int, Query(alias="from", ge=0, lt=2**63)],
    _caller: Person,
    database: OpenDatabase,
) -> Response:
    """Proof that the log of `size` leaves begins with that of `from` leaves."""
    async with database.connection() as conn:
        found = _require(await queries.select_checkpoint(conn, size))
        link = await tie_sizes(conn, old_size, size)
    bundle = ConsistencyBundle(SignedNote.parse(found.note), [link])
    return Response(bundle.render(), media_type=MEDIA_TYPE, headers=FOR_EVER)


def _require(found: SignedCheckpoint | None) -> SignedCheckpoint:
    if found is None:
        raise NoSuchCheckpoint("see /v1/checkpoints/latest for the newest one")
    return found
