"""People: who they are, how they are known, and the passwords they prove it with.

Owns `users`, `login_identity` and `user_password`. Emits `UserRegistered`; hears nothing.
"""
