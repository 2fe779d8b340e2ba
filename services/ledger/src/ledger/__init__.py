"""Money: accounts, transfers, escrow, on one verifiable double-entry ledger."""
