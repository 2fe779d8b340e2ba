-- Refuses a move of a reservation that its transfer did not make: the entry on the account holds or
-- lets go as much, and what is captured leaves it, for the payee if one was named.
CREATE OR REPLACE FUNCTION validate_reservation_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
DECLARE
    moved reservation;
    rule text;
BEGIN
    SELECT r.* INTO moved FROM reservation AS r WHERE r.id = new.reservation_id;
    IF moved.id IS NULL
        OR (moved.version, moved.state, moved.account_id, moved.moved_by, moved.changed_at)
        <> (new.version, new.state, new.account_id, new.transfer_id, new.moved_at)
    THEN
        rule := 'reservation_move_of_reservation';
    ELSIF NOT EXISTS (
        SELECT FROM entry AS e
        WHERE e.transfer_id = new.transfer_id AND e.account_id = new.account_id
            AND e.asset = moved.asset AND e.held_minor = new.held_minor
            AND e.amount_minor = -new.captured_minor
    ) THEN
        rule := 'reservation_move_of_transfer';
    ELSIF moved.to_account IS NOT NULL AND new.captured_minor > 0 AND NOT EXISTS (
        SELECT FROM entry AS e
        WHERE e.transfer_id = new.transfer_id AND e.account_id = moved.to_account
            AND e.amount_minor = new.captured_minor
    ) THEN
        rule := 'reservation_captured_for_payee';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'version % of reservation % breaks %',
            new.version, new.reservation_id, rule
        USING ERRCODE = 'check_violation', TABLE = 'reservation_move', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER reservation_move_true BEFORE INSERT ON reservation_move
FOR EACH ROW EXECUTE FUNCTION validate_reservation_move();
