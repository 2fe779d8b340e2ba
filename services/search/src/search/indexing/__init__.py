"""Indexing: the index is what `marketplace.items.v1` says, newest version of each item.

Hears `ItemChanged`. Emits nothing. A document has its seller's rating, which is spread to all of a
seller's when it changes (the work role). It is `active` or `reserved` with all its content, or a
tombstone (`deleted`) that keeps the version, so that a late older event can't bring it back.
"""
