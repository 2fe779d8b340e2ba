"""What the services' statements do to the rows of a store: one function for each constant.

Each is keyed by the constant itself, so that a statement which changes its name or its module is
missed at once; `tests/simulation/test_statements.py` runs both, here and in the real Postgres.
"""

from collections.abc import Callable
from typing import Any

from embedded.simulation.session import STATEMENTS, Session, Statement
from embedded.simulation.store import Transaction

__all__ = ["Session", "Transaction", "does"]


def does(sql: str) -> Callable[[Statement], Statement]:
    """Let a function stand for a statement."""

    def enter(statement: Statement) -> Statement:
        STATEMENTS[sql] = statement
        return statement

    return enter


def rows_of(names: str, *columns: Any) -> list[dict[str, Any]]:
    """Rows from columns, as `unnest` makes them."""
    fields = names.split()
    return [dict(zip(fields, values, strict=True)) for values in zip(*columns, strict=True)]
