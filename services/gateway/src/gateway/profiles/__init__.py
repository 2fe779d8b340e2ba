"""What a person is to themselves: profile, preferences, mascot and progress; and their roles.

Points and streaks grow from what the services tell, by days in the person's own time zone; a level
follows from the points. Owns `profile` and `progress`. Emits nothing itself (a new name and new
roles are told by users); hears `TradeReleased`, `TradeOffered` and `ItemChanged`.
"""
