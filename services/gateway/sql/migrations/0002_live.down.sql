-- Forgets what was shown live.

DROP TABLE live_event;
DROP TABLE live_counter;
