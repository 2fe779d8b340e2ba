"""Accept a quoted price for the release of an escrow."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.find_people import find_accounts_of_people
from ledger.escrow import queries
from ledger.escrow.errors import EscrowNotFunded, NoSuchEscrow, NotThePayee, PriceAccepted
from ledger.escrow.models import AcceptedPrice, Escrow
from ledger.fees.find_quotes import find_quotes
from ledger.fees.lifecycle import keep_promise


async def accept_price(
    conn: Connection, escrow_id: UUID, quote_id: UUID, *, person: UUID, now: datetime
) -> tuple[Escrow, AcceptedPrice]:
    """Hold a promise for the release, whenever that comes; accepted in its time, it is kept.

    The order of problems: unknown, not the payee, another price accepted, not funded, the quote's
    own. A repeat changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        escrow_id: Which.
        quote_id: The promise: to this person, for a release of this amount.
        person: The payee, out of whose money fees are taken.
        now: The clock's time.

    Raises:
        NoSuchEscrow: There is none, or it is between others.
        NotThePayee: The payer asks.
        PriceAccepted: Another quote was accepted before.
        EscrowNotFunded: No money is waiting.
        NoSuchQuote: Or QuoteDiffers, QuoteExpired: the promise does not hold for this.
    """
    # Locked: a release and this are one after the other.
    escrow = (await queries.lock_escrows(conn, [escrow_id])).get(escrow_id)
    terms = escrow.terms if escrow else None
    if escrow is None or terms is None or person not in (terms.payer_id, terms.payee_id):
        raise NoSuchEscrow("there is no escrow with this id among yours")
    if person != terms.payee_id:
        raise NotThePayee("fees are taken out of what the payee gets: let them accept the price")
    before = (await queries.select_prices(conn, [escrow_id])).get(escrow_id)
    if before and before.price.quote_id == quote_id:
        return escrow, before
    if before:
        raise PriceAccepted(
            "what was accepted holds for this escrow", fee_quote=str(before.price.quote_id)
        )
    if escrow.state != "FUNDED":
        raise EscrowNotFunded(f"the escrow is {escrow.state}: nothing waits for a release")
    quotes = await find_quotes(conn, [quote_id], owner=person)
    people = await find_accounts_of_people(conn, [terms.payer_id])
    price = keep_promise(
        quotes.get(quote_id),
        operation="escrow.release",
        amount_minor=terms.amount_minor,
        asset=terms.asset,
        community=people[terms.payer_id, "ESCROW", terms.asset].community,
        at=now,
    )
    accepted = AcceptedPrice(escrow_id, price, person, now)
    await queries.insert_price(conn, accepted)
    return escrow, accepted
