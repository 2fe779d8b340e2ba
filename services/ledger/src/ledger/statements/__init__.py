"""Statements: what an account had before a period, what took effect in it, and what it had after.

By effective date, as far as it was known at a time: opening and entries always add up to closing.
As pages of JSON, or whole as a CSV or PDF file with a digest and a signed checkpoint, by which its
owner can check it later. Emits nothing; hears nothing.
"""
