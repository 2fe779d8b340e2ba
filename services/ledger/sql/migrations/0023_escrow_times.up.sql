-- When an escrow began and changed is when its transfers were posted, to the microsecond: what was told by
-- the clock of whoever carried out the command is set right, once, beside the guards.

ALTER TABLE escrow DISABLE TRIGGER USER;

UPDATE escrow AS e SET created_at = f.posted_at, changed_at = coalesce(s.posted_at, f.posted_at)
FROM transfer AS f, (
    SELECT c.id, t.posted_at FROM escrow AS c
    LEFT JOIN transfer AS t ON t.id = c.settled_by
) AS s
WHERE f.id = e.funded_by AND s.id = e.id
    AND (e.created_at, e.changed_at) <> (f.posted_at, coalesce(s.posted_at, f.posted_at));

ALTER TABLE escrow ENABLE TRIGGER USER;

COMMENT ON COLUMN escrow.created_at IS
'When its transfer was posted; of an escrow that was never funded, when it was told.';
COMMENT ON COLUMN escrow.changed_at IS
'When the transfer that settled it was posted, or else as for created_at.';
