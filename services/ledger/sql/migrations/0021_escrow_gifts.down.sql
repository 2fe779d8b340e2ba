-- Forgets which escrows were funded with gift credits; refused while there are any.

DO $$
BEGIN
    IF EXISTS (SELECT FROM escrow WHERE gift_minor > 0) THEN
        RAISE EXCEPTION 'escrows were funded with gifts: what goes back to them would be forgotten';
    END IF;
END
$$;

DROP INDEX escrow_holds_gifts;
ALTER TABLE escrow DROP COLUMN gift_minor;
ALTER TABLE escrow DROP CONSTRAINT IF EXISTS escrow_gift_in_range;
