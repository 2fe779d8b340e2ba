-- At commit: a transfer has all its entries, and they sum to zero in each asset.
-- Names its tables in full instead of a search path of its own, which would cost more than the
-- check.
CREATE OR REPLACE FUNCTION validate_transaction_consistency() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    counted bigint;
    total numeric;
    one_asset boolean;
    rule text;
BEGIN
    SELECT count(*), sum(e.amount_minor), min(e.asset) = max(e.asset)
    INTO counted, total, one_asset
    FROM ledger.entry AS e WHERE e.transfer_id = new.id;
    IF counted <> new.entry_count THEN
        rule := 'transfer_entries_whole';
    ELSIF (one_asset AND total <> 0) OR (NOT one_asset AND EXISTS (
        SELECT FROM ledger.entry AS e WHERE e.transfer_id = new.id
        GROUP BY e.asset HAVING sum(e.amount_minor) <> 0
    )) THEN
        rule := 'transfer_sums_to_zero';
    ELSIF new.reverses IS NOT NULL AND NOT EXISTS (
        SELECT FROM ledger.transfer AS t WHERE t.id = new.reverses
    ) THEN
        rule := 'transfer_reverses_known';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % breaks %', new.id, rule
        USING ERRCODE = 'check_violation', TABLE = 'transfer', CONSTRAINT = rule;
    END IF;
    RETURN NULL;
END
$$;
