"""Saved searches: members are told of new items that they look for.

A search is there or not. The database notes each item that comes on offer, or says something else
than before, in the transaction of the change; a worker matches noted items with all searches at
once, and each item meets a search once, ever. What matched is gathered and told in one
SavedSearchMatched a person, on `marketplace.saved_searches.v1`. Hears nothing.
"""
