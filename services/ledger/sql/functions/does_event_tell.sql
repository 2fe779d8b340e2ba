-- Whether what an event says of a transfer is what the journal says, however it is written down.
CREATE OR REPLACE FUNCTION does_event_tell(said jsonb, told transfer) RETURNS boolean
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT said ->> 'transfer_id' = told.id::text AND said ->> 'kind' = told.kind
        AND said ->> 'reverses' IS NOT DISTINCT FROM told.reverses::text
        AND (said ->> 'posted_at')::timestamptz = told.posted_at
        AND (said ->> 'effective_at')::timestamptz = told.effective_at
        AND jsonb_array_length(said -> 'entries') = count(*)
        AND coalesce(bool_and(
            e.account_id::text = x.side ->> 'account_id'
            AND e.account_seq::text = x.side ->> 'account_seq'
            AND e.asset = x.side ->> 'asset'
            AND e.amount_minor::text = x.side ->> 'amount_minor'
            AND e.balance_after_minor::text = x.side ->> 'balance_after_minor'
            AND a.type = x.side ->> 'account_type'
            AND a.owner_id::text IS NOT DISTINCT FROM x.side ->> 'owner_id'
        ), false)
    FROM entry AS e
    INNER JOIN account AS a ON a.id = e.account_id
    CROSS JOIN LATERAL (SELECT said -> 'entries' -> (e.position - 1)) AS x (side)
    WHERE e.transfer_id = told.id;
$$;
