-- Takes back the indexes of balances at a time and of refused attempts by rule.
DROP INDEX refused_attempt_rule;
DROP INDEX entry_late;
