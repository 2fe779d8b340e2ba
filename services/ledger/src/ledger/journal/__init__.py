"""Transfers and their entries: decided in batches, written once, never changed.

The chain of an account's entries is its balance. Refused attempts are kept for audit.
Emits `TransferPosted` on `ledger.transfers.v1`, keyed by transfer; hears nothing.
"""
