"""Credits come into being and out of it again: an operator's act, with a reason kept for audit.

The transfer itself is the record: kind `issuance` or `burn`; who initiated it, and the reason in
its metadata. Above what one operator makes alone a request waits until another one approves it:
WAITING -> APPROVED | REJECTED. The database holds the limits, `issuance_limit`, and both rules.
"""
