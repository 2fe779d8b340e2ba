"""Members' names beside what moved; heard from the gateway, told to nobody else.

Nothing of it is in the books: who left is forgotten here, and their entries stay. Emits nothing.
"""
