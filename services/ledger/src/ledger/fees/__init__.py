"""What the platform takes: a share of an amount, rounded down in favour of the payee."""
