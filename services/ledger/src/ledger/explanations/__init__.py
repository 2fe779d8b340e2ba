"""Explanations: why an account stands where it stands, in figures and in words.

Its newest entries, what is held, its limits, the fees in its transfers and what was refused of
late. Emits nothing; hears nothing.
"""
