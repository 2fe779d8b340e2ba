"""Images: what members upload, what is shown of it, and on which item.

State: UPLOADED -> READY | REFUSED. What comes in lies in `quarantine/` of the object storage, seen
by nobody, until a limited process has decoded it and made new pictures of it in three sizes, under
a name that never means other bytes. Says `ImageReady` and `ImageRefused`.
"""
