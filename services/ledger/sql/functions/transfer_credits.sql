-- Moves money between two accounts and says so in the outbox; for SQL clients, under the same
-- rules as the service.
CREATE OR REPLACE FUNCTION transfer_credits(
    from_account uuid,
    to_account uuid,
    amount_minor numeric,
    kind text DEFAULT 'transfer',
    metadata jsonb DEFAULT '{}'
) RETURNS uuid
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
    new_transfer uuid := uuidv7();
    event uuid := uuidv7();
    posted timestamptz;
    stamp text;
    sides integer;
    said jsonb;
    concerned text;
BEGIN
    SELECT count(*), greatest(clock_timestamp(), max(l.posted_at)) INTO sides, posted
    FROM lock_accounts(ARRAY[from_account, to_account]) AS l;
    IF sides <> 2 THEN
        RAISE EXCEPTION 'transfer_credits: two different accounts that exist are needed'
        USING ERRCODE = 'check_violation', TABLE = 'entry', CONSTRAINT = 'entry_account_exists';
    END IF;
    stamp := to_char(posted, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

    INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at, metadata)
    VALUES (new_transfer, transfer_credits.kind, 2, posted, posted, transfer_credits.metadata);

    WITH side AS (
        SELECT l.*, s.position, s.moved FROM lock_accounts(ARRAY[from_account, to_account]) AS l
        INNER JOIN (VALUES
            (from_account, 1, -transfer_credits.amount_minor),
            (to_account, 2, transfer_credits.amount_minor)
        ) AS s (account_id, position, moved) ON s.account_id = l.id
    ), written AS (
        INSERT INTO entry (
            account_id, account_seq, transfer_id, position, asset, amount_minor,
            balance_after_minor, held_after_minor, effective_at, posted_at
        )
        SELECT id, account_seq + 1, new_transfer, position, asset, moved,
            balance_minor + moved, held_minor, posted, posted
        FROM side
    )
    SELECT jsonb_agg(jsonb_build_object(
        'account_id', id, 'account_seq', account_seq + 1, 'owner_id', owner_id,
        'account_type', type, 'asset', asset, 'amount_minor', moved::text,
        'balance_after_minor', (balance_minor + moved)::text, 'held_minor', '0',
        'held_after_minor', held_minor::text
    ) ORDER BY position), string_agg(owner_id::text, ',' ORDER BY position)
    INTO said, concerned FROM side;

    INSERT INTO outbox (event_id, topic, key, part, headers, payload) VALUES (
        event, 'ledger.transfers.v1', new_transfer::text,
        crc32(convert_to(new_transfer::text, 'UTF8')) % 16,
        jsonb_strip_nulls(jsonb_build_object(
            'ce_specversion', '1.0', 'ce_id', event, 'ce_source', '/ledger',
            'ce_type', 'ledger.TransferPosted',
            'ce_dataschema', 'urn:localex:ledger.TransferPosted:1', 'ce_time', stamp,
            'ce_subject', new_transfer, 'content-type', 'application/json',
            'ce_audience', concerned
        )),
        jsonb_build_object(
            'transfer_id', new_transfer, 'kind', transfer_credits.kind, 'effective_at', stamp,
            'posted_at', stamp, 'reverses', NULL, 'entries', said
        )::text
    );
    RETURN new_transfer;
END
$$;
