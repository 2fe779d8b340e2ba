-- Lets pass what is whole, sums to zero in one asset, holds nothing and is no gift; the rest is
-- examined at commit.
-- Checks all rows of a statement at once; index descents only, whatever the statistics say. Runs as
-- its owner, so that nobody else can write into what is open.
CREATE OR REPLACE FUNCTION validate_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    INSERT INTO open_transfer (id)
    SELECT t.id FROM written AS t
    INNER JOIN LATERAL (
        SELECT count(*) AS counted, sum(e.amount_minor) AS total,
            min(e.asset) = max(e.asset) AS one_asset, count(e.held_minor) > 0 AS holds
        FROM entry AS e WHERE e.transfer_id = t.id
    ) AS found ON true
    WHERE found.counted <> t.entry_count OR found.total <> 0 OR NOT found.one_asset
        OR found.holds OR t.reverses IS NOT NULL OR t.kind LIKE 'gift.%';
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER transfer_whole AFTER INSERT ON transfer REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION validate_transfers();
