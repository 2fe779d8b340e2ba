"""Decoding: strangers' bytes are decoded in a process that has nothing and may do nothing."""
