-- Events in the outbox that tell otherwise of a transfer than the journal does; a page in the order in
-- which they were written. The digest does not depend on the order: when it and the count are those of
-- the transfers, each has one event. Nobody knows the seed beforehand.
-- Most events are letter by letter what the service writes; only the others are parsed.
CREATE OR REPLACE FUNCTION find_event_faults(
    after_at timestamptz, after_id bigint, most integer, seed bigint
) RETURNS TABLE (
    examined bigint,
    next_at timestamptz,
    next_id bigint,
    digest numeric,
    oldest text,
    findings jsonb
)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
    WITH page AS MATERIALIZED (
        SELECT o.created_at, o.id, o.key, o.payload FROM outbox AS o
        WHERE o.topic = 'ledger.transfers.v1' AND (o.created_at, o.id) > (after_at, after_id)
        ORDER BY o.created_at, o.id LIMIT most
    ), found AS (
        SELECT p.key, CASE
            WHEN t.id IS NULL THEN 'an event tells of it, and it is not there'
            WHEN p.payload = concat(
                '{"transfer_id":"', t.id, '","kind":"', t.kind, '","effective_at":"',
                replace(to_char(t.effective_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z'),
                '","posted_at":"',
                replace(to_char(t.posted_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z'),
                '","reverses":', coalesce('"' || t.reverses || '"', 'null'),
                ',"entries":[', e.told, ']}'
            ) THEN NULL
            WHEN p.payload IS JSON OBJECT AND does_event_tell(p.payload::jsonb, t) THEN NULL
            ELSE 'its event tells otherwise of it'
        END AS detail
        FROM page AS p
        LEFT JOIN transfer AS t
            ON t.id = CASE WHEN p.key ~ '^[0-9a-f-]{36}$' THEN p.key::uuid END
        LEFT JOIN LATERAL (
            SELECT string_agg(concat(
                '{"account_id":"', w.account_id, '","account_seq":', w.account_seq,
                ',"owner_id":', coalesce('"' || a.owner_id || '"', 'null'),
                ',"account_type":"', a.type, '","asset":"', w.asset,
                '","amount_minor":"', w.amount_minor,
                '","balance_after_minor":"', w.balance_after_minor,
                '","held_minor":"', coalesce(w.held_minor, 0),
                '","held_after_minor":"', w.held_after_minor, '"}'
            ), ',' ORDER BY w.position) AS told
            FROM entry AS w
            LEFT JOIN account AS a ON a.id = w.account_id
            WHERE w.transfer_id = t.id
        ) AS e ON true
    )
    SELECT (SELECT count(*) FROM page), last.created_at, last.id,
        (SELECT sum(hashtextextended(p.key, seed)) FROM page AS p),
        (SELECT min(p.key) FROM page AS p WHERE p.key ~ '^[0-9a-f-]{36}$'), (
            SELECT jsonb_agg(jsonb_build_array(f.key, f.detail)) FROM found AS f
            WHERE f.detail IS NOT NULL
        )
    FROM (SELECT p.created_at, p.id FROM page AS p ORDER BY p.created_at DESC, p.id DESC LIMIT 1)
        AS last;
$$;
