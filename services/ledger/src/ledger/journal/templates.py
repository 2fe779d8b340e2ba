"""Common movements, so that nobody balances a transfer by hand. Pure."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from ledger.journal.models import Movement


def pay(
    source: UUID,
    destination: UUID,
    asset: str,
    amount_minor: int,
    fees: Iterable[tuple[UUID, int]] = (),
) -> tuple[Movement, ...]:
    """One pays another; what others take of it is taken from what the payee gets.

    Args:
        source: Pays the whole amount.
        destination: Gets what is left.
        asset: Of all the accounts.
        amount_minor: The whole amount, more than the fees.
        fees: Accounts, and what goes to each.
    """
    taken = tuple(fees)
    net = amount_minor - sum(minor for _, minor in taken)
    return split(source, asset, ((destination, net), *taken))


def split(source: UUID, asset: str, parts: Sequence[tuple[UUID, int]]) -> tuple[Movement, ...]:
    """One pays several.

    Args:
        source: Pays all the parts.
        asset: Of all the accounts.
        parts: Accounts, and what each gets; at least one.
    """
    total = sum(minor for _, minor in parts)
    return (
        Movement(source, asset, -total),
        *(Movement(account, asset, minor) for account, minor in parts),
    )


def exchange(
    sold: tuple[UUID, UUID, str],
    bought: tuple[UUID, UUID, str],
    *,
    sold_minor: int,
    bought_minor: int,
    fees: Iterable[tuple[UUID, int]] = (),
    kept: Iterable[tuple[UUID, int]] = (),
) -> tuple[Movement, ...]:
    """One asset for another: what is sold goes into liquidity, what is bought comes out of it.

    Args:
        sold: From where, to which liquidity, and the asset.
        bought: From which liquidity, to where, and the asset.
        sold_minor: What goes into liquidity.
        bought_minor: What the customer gets.
        fees: Accounts of the first asset, and what each gets besides what is sold.
        kept: Accounts of the second asset, and what each keeps of it, such as the spread.
    """
    source, pool_in, asset_in = sold
    pool_out, destination, asset_out = bought
    return (
        *split(source, asset_in, ((pool_in, sold_minor), *fees)),
        *split(pool_out, asset_out, ((destination, bought_minor), *kept)),
    )
