"""Statements of indexing."""

from typing import Final

#: The role's limit protects rows that others wait for; the inbox rows of a batch are nobody else's,
#: and the engine may take its time.
WAIT_FOR_ENGINE: Final = "SET LOCAL idle_in_transaction_session_timeout = '90s'"
#: Until the transaction ends another index does not take the place of the one that is written to.
KEEP_WRITES: Final = "SELECT pg_advisory_xact_lock_shared(hashtext('search.writes'))"
