"""Commands over the ledger's books, each in a file."""
