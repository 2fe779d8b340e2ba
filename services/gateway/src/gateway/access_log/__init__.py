"""The access log: who looked at whose personal data, when, from where and why.

Each read of another person's data leaves a row in the transaction of the read; whom it is about
sees who looked. Owns `access_log`, which is only ever added to. Emits and hears nothing.
"""
