"""Statements as files that are made while their reader waits."""
