"""Live events: what concerns a person, as it happens, over SSE.

Hears every event that has an audience (group `gateway.live`) and numbers it for each person
without gaps; a stream resumes after the number it saw last. Owns `live_counter` and `live_event`
(the last 1,000 for each person, for at most 7 days).
"""
