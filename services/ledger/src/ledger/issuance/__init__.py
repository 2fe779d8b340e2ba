"""Credits come into being: an operator issues them, up to a limit, with a reason kept for audit.

The transfer itself is the record: kind `issuance`, who initiated it, the reason in its metadata.
"""
