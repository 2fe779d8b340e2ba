"""Parity: the index compared with what the marketplace told, bucket by bucket, all the time.

Hears `ItemChanged` in a group of its own, so that what indexing has lost is not lost here. Emits
IndexDiffered and IndexAgreed on `search.parity.v1`: the marketplace says such items again, which
mends them. Asks the marketplace which items there are (TellInventory), page by page, and hears
`InventoryTold`: a version that was never told counts as told, and what belongs to nobody goes.
"""
