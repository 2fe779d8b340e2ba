"""Brings the parts up, keeps them up, and takes them down, as a process of its own."""
