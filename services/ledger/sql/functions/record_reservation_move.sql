-- Writes down each version of a reservation with the transfer that made it. Runs as its owner, so
-- that nobody else needs to write there.
CREATE OR REPLACE FUNCTION record_reservation_move() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    held_before numeric := 0;
    captured_before numeric := 0;
BEGIN
    IF tg_op = 'UPDATE' THEN
        held_before := old.amount_minor - old.captured_minor - old.released_minor;
        captured_before := old.captured_minor;
    END IF;
    INSERT INTO reservation_move (
        reservation_id, version, state, account_id, transfer_id, held_minor, captured_minor,
        moved_at
    ) VALUES (
        new.id, new.version, new.state, new.account_id, new.moved_by,
        new.amount_minor - new.captured_minor - new.released_minor - held_before,
        new.captured_minor - captured_before, new.changed_at
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER reservation_recorded AFTER INSERT OR UPDATE ON reservation
FOR EACH ROW EXECUTE FUNCTION record_reservation_move();
