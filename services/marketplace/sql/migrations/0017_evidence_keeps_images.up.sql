-- Images that are named in evidence are there as long as it is.

ALTER TABLE image ADD COLUMN evidence_since timestamptz;

COMMENT ON COLUMN image.evidence_since IS
'When a statement in a dispute first named it: since then it goes with its owner only. Set by a trigger.';

SELECT set_config('localex.community', '*', true);

UPDATE image SET evidence_since = (
    SELECT min(s.said_at) FROM trade_statement AS s
    WHERE s.by_id = image.owner_id AND image.id = any(s.image_ids)
)
WHERE state = 'READY' AND EXISTS (
    SELECT FROM trade_statement AS s WHERE s.by_id = image.owner_id AND image.id = any(s.image_ids)
);
