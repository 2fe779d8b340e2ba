"""Credits come into being and out of it again: an operator's act, with a reason kept for audit.

The transfer itself is the record: kind `issuance`, up to a limit, or `burn`; who initiated it, and
the reason in its metadata.
"""
