"""What people send each other: from one's MAIN account to another's.

Emits and hears nothing by itself: the journal posts and tells. What is to happen later goes to
`scheduled_transfers`.
"""
