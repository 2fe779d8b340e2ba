-- Writes down each version of a gift's lot with the transfer that made it, and has that transfer
-- examined at commit. Runs as its owner, so that nobody else needs to write there.
CREATE OR REPLACE FUNCTION record_gift_lot_move() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO gift_lot_move (
        lot_id, version, account_id, transfer_id, change_minor, moved_at
    ) VALUES (
        new.id, new.version, new.account_id, new.moved_by,
        new.remaining_minor - (CASE WHEN tg_op = 'UPDATE' THEN old.remaining_minor ELSE 0 END),
        new.changed_at
    );
    INSERT INTO open_transfer (id) VALUES (new.moved_by);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER gift_lot_recorded AFTER INSERT OR UPDATE ON gift_lot
FOR EACH ROW EXECUTE FUNCTION record_gift_lot_move();
