"""The tree of categories: a slug path such as `home-garden/kitchen`, and the names along it.

Imports add what is missing; operators add, rename, move and name synonyms. A change takes the whole
subtree along, and is told by `CategoryChanged` for each category and, a page at a time, by
`ItemChanged` for each item below. How many items are on offer is a tally that the database keeps:
each change of an item adds a row to it, so that writers never wait for a counter.
"""
