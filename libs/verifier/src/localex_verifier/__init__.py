"""Verifies LocalEx receipts offline: leaf, inclusion, root, signature, and growth since before.

Written from the formats in `docs/concepts/transparency.md`, not from the server's code, and it
imports nothing of ours: a fault of the server cannot hide in its own mirror image.
"""

from localex_verifier.errors import Wrong
from localex_verifier.note import Key, parse_key
from localex_verifier.receipt import Report, verify
from localex_verifier.statement import verify_statement

__all__ = ["Key", "Report", "Wrong", "parse_key", "verify", "verify_statement"]
