-- Balances at any time in a few index descents, and refused attempts by rule.

-- An entry entered late says of each moment between its two times that more was there than the
-- books said then: the moments that a balance at a time asks about.
CREATE INDEX entry_late ON entry USING gist (account_id, tstzrange(effective_at, posted_at))
WHERE effective_at < posted_at;

CREATE INDEX refused_attempt_rule ON refused_attempt (rule, id);
