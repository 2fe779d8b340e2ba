"""Make a code for the hand-over."""

import asyncio
import secrets
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.trades.codes import queries
from marketplace.trades.codes.find import find_code
from marketplace.trades.codes.lifecycle import (
    ALPHABET,
    ATTEMPTS_MAX,
    CODES_MAX,
    LENGTH,
    SALT_BYTES,
    code_of,
    hash_code,
)
from marketplace.trades.codes.models import Code, CodeView
from marketplace.trades.errors import CodesUsedUp


async def make_code(conn: Connection, trade_id: UUID, actor: Caller, *, now: datetime) -> CodeView:
    """Make the trade's code, or another one that replaces it; from now on the seller needs it.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The buyer, who shows it when they have the item.
        now: When.

    Returns:
        The code, which is kept nowhere: what is stored is a slow hash.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The escrow is not funded, or the item was handed over.
        NotYourStep: The actor is the seller.
        CodesUsedUp: The buyer has made as many as a trade may have.

    Source:
        spec 1, trading; docs/decisions/0063-hand-over-codes.md
    """
    _, before = await find_code(conn, trade_id, actor, "make-code")
    number = before.number + 1 if before else 1
    if number > CODES_MAX:
        raise CodesUsedUp(CODES_MAX)
    plain, salt = (
        code_of(secrets.randbelow(len(ALPHABET) ** LENGTH)),
        secrets.token_bytes(SALT_BYTES),
    )
    made = Code(
        trade_id=trade_id,
        number=number,
        salt=salt,
        hash=await asyncio.to_thread(hash_code, plain, salt),
        attempts_left=ATTEMPTS_MAX,
        state="open",
        made_at=now,
    )
    write = queries.update_code if before else queries.insert_code
    await write(conn, made)
    return CodeView(
        trade_id=trade_id,
        number=number,
        code=plain,
        attempts_left=ATTEMPTS_MAX,
        further_codes=CODES_MAX - number,
    )
