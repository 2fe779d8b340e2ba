"""Summaries: does the account tie out with the bank, to the minor unit."""
