"""Members' names beside what moved; heard from the gateway, told to nobody else.

Nothing of it is in the books: who left is forgotten here, with the labels of their monitors and
the names of their groups when they are erased, and their entries stay. Emits nothing.
"""
