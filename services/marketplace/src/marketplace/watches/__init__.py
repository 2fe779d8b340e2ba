"""Watch lists: items that a member wants to hear of.

A watch is there or not. What the watcher knows of the price is kept with it: what is below it is
news, once. The database notes what may be news in the transaction of the change; a worker tells
the watchers page by page, and how far it has come is written with what it told. Emits
WatchedItemCheaper and WatchedItemSold on `marketplace.watches.v1`, one for each watcher. Hears
nothing.
"""
