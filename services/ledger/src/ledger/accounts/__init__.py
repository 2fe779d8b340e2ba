"""Accounts: MAIN, ESCROW and GIFT for people, system accounts for issuance, fees and providers.

What an account is never changes; its policies (floor, ceiling, frozen, closed) may.
Emits `AccountOpened` on `ledger.accounts.v1`, keyed by account; hears `UserRegistered`.
"""
