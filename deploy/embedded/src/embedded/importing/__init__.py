"""Importing: listings from a file through the public API, as any client would.

A file becomes records, a record becomes a row by a mapping, rows go up in batches, several at a
time. What was refused or cleaned is told row by row. A repeat changes nothing, a broken run goes
on where it stopped.
"""
