"""Audit: the whole of the books re-examined while they are in use; reads only, emits nothing."""
