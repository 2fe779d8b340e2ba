"""Torture: the real stack under a generated load while its parts are killed, stopped and cut off.

A run is a plan drawn from a seed: a world of people and a schedule of faults. Everything a client
was told is kept (`history`), and compared afterwards with what the databases, the topics and the
index hold (`oracles`).
"""
