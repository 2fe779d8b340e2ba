-- Refuses a move that no lot made: the newest version of the lot says the same.
CREATE OR REPLACE FUNCTION validate_gift_lot_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM gift_lot AS l
        WHERE l.id = new.lot_id AND l.version = new.version AND l.account_id = new.account_id
            AND l.moved_by = new.transfer_id AND l.changed_at = new.moved_at
            AND l.remaining_minor = new.change_minor + coalesce((
                SELECT sum(m.change_minor) FROM gift_lot_move AS m WHERE m.lot_id = new.lot_id
            ), 0)
    ) THEN
        RAISE EXCEPTION 'version % of gift % breaks gift_lot_move_of_lot', new.version, new.lot_id
        USING ERRCODE = 'check_violation', TABLE = 'gift_lot_move',
            CONSTRAINT = 'gift_lot_move_of_lot';
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER gift_lot_move_true BEFORE INSERT ON gift_lot_move
FOR EACH ROW EXECUTE FUNCTION validate_gift_lot_move();
