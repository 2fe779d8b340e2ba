"""Collecting: objects and rows that nothing needs any more, found and removed a page at a time."""
