-- At commit: a transfer has all its entries, they sum to zero in each asset, what they hold or let go
-- is a reservation's, and what exchanges has its record. Examines what validate_transfers() could not
-- let pass when written. Runs as its owner, as that one does.
CREATE OR REPLACE FUNCTION validate_transaction_consistency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    examined transfer;
    rule text;
BEGIN
    SELECT t.* INTO STRICT examined FROM transfer AS t WHERE t.id = new.id;
    IF (SELECT count(*) FROM entry AS e WHERE e.transfer_id = new.id) <> examined.entry_count THEN
        rule := 'transfer_entries_whole';
    ELSIF EXISTS (
        SELECT FROM entry AS e WHERE e.transfer_id = new.id
        GROUP BY e.asset HAVING sum(e.amount_minor) <> 0
    ) THEN
        rule := 'transfer_sums_to_zero';
    ELSIF EXISTS (
        SELECT FROM entry AS e WHERE e.transfer_id = new.id AND e.held_minor IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM reservation_move AS m
                WHERE m.transfer_id = new.id AND m.account_id = e.account_id
                    AND m.held_minor = e.held_minor
            )
    ) THEN
        rule := 'entry_held_of_reservation';
    ELSIF examined.kind LIKE 'gift.%' THEN
        rule := find_gift_fault(examined);
    ELSIF EXISTS (SELECT FROM gift_lot_move AS m WHERE m.transfer_id = new.id) THEN
        rule := 'gift_lot_moved_by_gift';
    ELSIF examined.kind = 'exchange' AND NOT EXISTS (
        SELECT FROM exchange AS x WHERE x.transfer_id = new.id
    ) THEN
        rule := 'transfer_of_exchange';
    ELSIF examined.reverses IS NOT NULL THEN
        rule := find_reversal_fault(examined);
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % breaks %', new.id, rule
        USING ERRCODE = 'check_violation', TABLE = 'transfer', CONSTRAINT = rule;
    END IF;
    DELETE FROM open_transfer AS o WHERE o.id = new.id;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS open_transfer_consistency ON open_transfer;

CREATE CONSTRAINT TRIGGER open_transfer_consistency AFTER INSERT ON open_transfer
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION validate_transaction_consistency();
