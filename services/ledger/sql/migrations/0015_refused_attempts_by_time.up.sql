-- Refused attempts by time: the ids around a time are found in one index descent each.

CREATE INDEX refused_attempt_attempted_at ON refused_attempt (attempted_at, id);
