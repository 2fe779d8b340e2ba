-- Holds idempotency keys until the transaction ends, in one order for everybody, then reads what
-- was answered to them; index descents only, whatever the statistics say.
CREATE OR REPLACE FUNCTION hold_answers(owners text [], keys text [])
RETURNS SETOF idempotent_answer
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(held.hashed) FROM (
        SELECT DISTINCT hashtextextended(asked.owner || E'\x1f' || asked.key, 7) AS hashed
        FROM unnest(owners, keys) AS asked (owner, key) ORDER BY 1
    ) AS held;
    RETURN QUERY
    SELECT answer.* FROM (
        SELECT DISTINCT asked.owner, asked.key FROM unnest(owners, keys) AS asked (owner, key)
    ) AS wanted
    INNER JOIN idempotent_answer AS answer
        ON answer.owner = wanted.owner AND answer.key = wanted.key;
END
$$;
