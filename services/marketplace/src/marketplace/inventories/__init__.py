"""Inventories: which items there are, page by page, for whoever keeps a copy and asks.

Hears `TellInventory`; emits InventoryTold on `marketplace.inventories.v1`. Owns nothing.
"""
