"""Statements that are ordered: made by a worker as tasks, and fetched from object storage."""
