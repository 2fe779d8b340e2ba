-- Takes away the way to refused attempts by time.

DROP INDEX refused_attempt_attempted_at;
