"""Make a transfer's receipt."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from chassis.notes import SignedNote
from ledger.reach import Reach
from ledger.transfers.read import read_transfer
from ledger.transparency import queries
from ledger.transparency.errors import NotYetSigned
from ledger.transparency.leaf import open_parts
from ledger.transparency.proofs import plan_inclusion
from ledger.transparency.receipt import Receipt
from ledger.transparency.recompute import recompute_leaf
from ledger.transparency.tie import tie_sizes


async def prove_transfer(
    conn: Connection, transfer_id: UUID, *, reach: Reach, since: Sequence[int] = ()
) -> Receipt:
    """A receipt under the newest checkpoint.

    Args:
        conn: Any connection: what is read is only ever added to.
        transfer_id: Which transfer.
        reach: Where accounts in it stand is opened; and who asked for the transfer, to themselves
            and to those with power.
        since: Sizes of checkpoints that the receipt is to be tied to.

    Raises:
        NoSuchTransfer: There is none, or it concerns somebody else.
        NotYetSigned: No checkpoint covers it yet.
        NoSuchGrowth: A size is larger than the checkpoint's.
        HistoryAltered: The books no longer say what was signed.
    """
    shown = await read_transfer(conn, transfer_id, reach=reach)
    leaf = await queries.select_leaf(conn, transfer_id)
    latest = await queries.select_latest(conn)
    if leaf is None or latest is None or leaf.index >= latest.size:
        raise NotYetSigned("ask again in a second")
    found = (await queries.select_recorded(conn, [transfer_id]))[transfer_id]
    encoded = recompute_leaf(found, leaf)
    plan = plan_inclusion(leaf.index, latest.size)
    own = {
        str(side.account_id) for side in shown.sides if reach.covers(side.owner_id, side.community)
    }
    return Receipt(
        leaf=encoded.text,
        opened=open_parts(
            encoded,
            accounts=own,
            every_entry=True,
            request=reach.owner in (None, found.transfer["initiated_by"]),
        ),
        index=leaf.index,
        proof=plan.resolve(await queries.select_nodes(conn, plan.nodes())),
        checkpoint=SignedNote.parse(latest.note),
        links=[await tie_sizes(conn, old, latest.size) for old in dict.fromkeys(since)],
    )
