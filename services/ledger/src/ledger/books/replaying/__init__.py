"""What an import keeps aside until all is there, brought in as it came about.

Owns nothing; it writes tables of other slices as their owner, under their rules.
"""
