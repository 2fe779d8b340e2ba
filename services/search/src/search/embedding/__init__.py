"""Embedding: what a text is about, as a unit vector. Reads a model that lies in the environment.

Hears and emits nothing, and asks nobody: neither the network nor the engine.
"""
