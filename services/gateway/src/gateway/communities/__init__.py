"""Communities: which there are, and whether people can join them. OPEN -> CLOSED -> OPEN.

A closed one takes no new members; whoever is in it goes on trading. Owns `community`. Emits
`CommunityOpened`, `CommunityClosed` and `CommunityReopened`; hears nothing.
"""
