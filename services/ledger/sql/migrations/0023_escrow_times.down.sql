-- The times stay: the rule before took them, too.

COMMENT ON COLUMN escrow.created_at IS NULL;
COMMENT ON COLUMN escrow.changed_at IS NULL;
