"""Money: accounts, transfers and escrow on one double-entry ledger. Read `main` first."""
