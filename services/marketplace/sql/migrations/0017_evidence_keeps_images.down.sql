-- Images that are named in evidence may be deleted again.

DROP TRIGGER IF EXISTS trade_statement_keeps_images ON trade_statement;
DROP TRIGGER IF EXISTS image_evidence_stays ON image;
ALTER TABLE image DROP COLUMN evidence_since;
