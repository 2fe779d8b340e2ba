"""How people join: an e-mail and a password make an account at once.

That an e-mail is taken is told, a few times to each address. Owns nothing; emits and hears nothing.
"""
