"""Refused attempts: who tried what, which rule refused it, the limit and by how much it was missed.

The journal writes them; here they are read. Emits nothing; hears nothing.
"""
