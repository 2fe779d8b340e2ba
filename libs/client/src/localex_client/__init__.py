"""A typed client of the LocalEx gateway.

    async with LocalEx("http://127.0.0.1:8080") as ana:
        await ana.log_in("ana@example.org", "a long sentence is best")
        bicycle = await ana.create_item("Bicycle", price="80.00")

Every write carries an idempotency key, a new one unless one is given, and is repeated with it when
the answer is lost.
"""

from localex_client.client import LocalEx
from localex_client.errors import ProblemError, Unreachable
from localex_client.wire import Patience

__all__ = ["LocalEx", "Patience", "ProblemError", "Unreachable"]
