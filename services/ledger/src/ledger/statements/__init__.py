"""Statements: what an account had before a period, what took effect in it, and what it had after.

By effective date, as far as it was known at a time: opening and entries always add up to closing.
Emits nothing; hears nothing.
"""
