"""What banks and providers say happened, beside what the ledger posted.

An account is reconciled from its first statement on. Lines of statements and entries of the account
are items; a decision settles items (MATCH, WRITE_OFF, IGNORE), another may undo it. What nobody and
no rule has settled is the suspense list. Runs: ACTIVE <-> PAUSED, ACTIVE -> DONE. Write-offs above
the limit: PROPOSED -> APPROVED | REJECTED. `trades` compares trades with escrows, by what both have
told. Emits AccountReconciled, DifferenceFound and DifferenceResolved on `ledger.reconciliation.v1`;
hears events of trades and of escrows.
"""
