"""Post a part of a bulk in one transaction, once for its key."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.database import Database
from chassis.idempotency import Answer, KeyedRequest, find_answer, store_answer
from ledger.journal.collect import Journal
from ledger.journal.models import Declined
from ledger.journal.post import post_transfers
from ledger.journal.refuse import keep_refusals
from ledger.transfers.bulk import Chunk
from ledger.transfers.errors import BulkRefused


async def send_chunk(
    database: Database,
    journal: Journal,
    request: KeyedRequest,
    chunk: Chunk,
    refusals: Sequence[Declined],
    *,
    clock: Clock,
) -> tuple[Answer | BulkRefused, bool]:
    """Post what can be posted, and keep the results under the key.

    What can be posted whole is decided before the lock. Else keys are held before accounts, as in
    the journal. A refused atomic bulk keeps no answer: only its refused attempts stay.

    Args:
        database: Where the books are: each way is a transaction by itself.
        journal: Takes its turn, and knows accounts.
        request: The key of this part, and the content of the whole.
        chunk: The part.
        refusals: Attempts to keep that were refused before.
        clock: Tells when they are posted.

    Returns:
        The answer and whether it was given before; or why none of it was posted.

    Raises:
        IdempotencyKeyReused: The key was used for another content.
        Transient: Too many bulks are waiting already.

    Emits:
        TransferPosted on `ledger.transfers.v1`, keyed by transfer, for each that is posted.
    """
    wanted = chunk.wanted()
    async with journal.turn():
        if not refusals and (quick := await journal.post_whole(request, wanted, chunk.answer)):
            return quick, False
        async with database.transaction() as conn, journal.moving(wanted):
            stored = await find_answer(conn, request)
            if stored is not None:
                return stored, True
            now = clock.now()
            verdicts = await post_transfers(conn, wanted, now=now)
            if refusals:
                await keep_refusals(conn, refusals, now=now)
            answer = chunk.answer(verdicts)
            if isinstance(answer, Answer):
                await store_answer(conn, request, answer)
    return answer, False
