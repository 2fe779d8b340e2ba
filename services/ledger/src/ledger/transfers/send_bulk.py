"""Post a part of a bulk in one transaction, once for its key."""

from collections.abc import Sequence
from typing import Final

from pydantic import TypeAdapter

from chassis.clock import Clock
from chassis.database import Connection
from chassis.idempotency import Answer, KeyedRequest, find_answer, store_answer
from chassis.ids import new_id
from ledger.journal.models import Transfer
from ledger.journal.post import post_transfers
from ledger.journal.refuse import keep_refusals
from ledger.transfers.bulk import link, merge, refusal_of, results_of
from ledger.transfers.errors import BulkRefused
from ledger.transfers.models import BulkItem, BulkResult
from ledger.transfers.prepare import Prepared

RESULTS: Final = TypeAdapter(list[BulkResult])


async def send_chunk(
    conn: Connection,
    request: KeyedRequest,
    begin: int,
    items: Sequence[BulkItem],
    prepared: Prepared,
    *,
    atomic: bool,
    clock: Clock,
) -> tuple[Answer | BulkRefused, bool]:
    """Post what can be posted, and keep the results under the key.

    Keys are held before accounts, as in the journal. A refused atomic bulk keeps no answer: only
    its refused attempts stay, so let the transaction commit and tell the problem after it.

    Args:
        conn: Open transaction; the caller commits.
        request: The key of this part, and the content of the whole.
        begin: Index of the first item in the bulk.
        items: The wishes.
        prepared: Their transfers, or why there can be none.
        atomic: All or none.
        clock: Tells when they are posted: after the key is held.

    Returns:
        The answer and whether it was given before; or why none of it was posted.

    Raises:
        IdempotencyKeyReused: The key was used for another content.

    Emits:
        TransferPosted on `ledger.transfers.v1`, keyed by transfer, for each that is posted.
    """
    stored = await find_answer(conn, request)
    if stored is not None:
        return stored, True
    ids = (new_id() for _ in items)
    linked = link("atomic" if atomic else "independent", items, prepared.transfers, ids)
    wanted = [one for one in linked if isinstance(one, Transfer)]
    now = clock.now()
    verdicts = await post_transfers(conn, wanted, now=now)
    if prepared.refusals:
        await keep_refusals(conn, prepared.refusals, now=now)
    results = results_of(begin, items, merge(linked, verdicts))
    if atomic and (refused := refusal_of(results)):
        return refused, False
    answer = Answer(200, RESULTS.dump_json(results))
    await store_answer(conn, request, answer)
    return answer, False
