"""Runs: every strategy over what is open; a page is a transaction, so a run can be broken off."""
