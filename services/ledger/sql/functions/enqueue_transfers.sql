-- Every transfer waits for its place in the transparency log, from the transaction that wrote it.
-- Runs as its owner, so that nobody else can write into what waits.
CREATE OR REPLACE FUNCTION enqueue_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO transparency_pending (transfer_id) SELECT w.id FROM written AS w;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER transfer_enqueued AFTER INSERT ON transfer REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION enqueue_transfers();

-- Those of before. The trigger waited for whoever was writing: nothing is posted in between.
INSERT INTO transparency_pending (transfer_id)
SELECT t.id FROM transfer AS t
WHERE NOT EXISTS (SELECT FROM transparency_leaf AS l WHERE l.transfer_id = t.id)
ON CONFLICT DO NOTHING;
