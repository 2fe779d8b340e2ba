-- Refuses a price for an escrow's release that nobody promised: the quote is the payee's own,
-- still holds, is for a release of this amount, and says the same items. The money is still there.
CREATE OR REPLACE FUNCTION validate_escrow_price() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM escrow AS e
        INNER JOIN fee_quote AS q ON q.id = new.quote_id
        WHERE e.id = new.escrow_id AND e.state = 'FUNDED'
            AND new.accepted_by = e.payee_id AND q.owner_id = e.payee_id
            AND q.operation = 'escrow.release'
            AND (q.asset, q.amount_minor) = (e.asset, e.amount_minor)
            AND q.items = new.items AND q.schedule_id IS NOT DISTINCT FROM new.schedule_id
            AND new.accepted_at < q.expires_at
    ) THEN
        RAISE EXCEPTION 'escrow %: nobody promised this price for it', new.escrow_id
        USING ERRCODE = 'check_violation', TABLE = 'escrow_price',
            CONSTRAINT = 'escrow_price_promised';
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER escrow_price_true BEFORE INSERT ON escrow_price
FOR EACH ROW EXECUTE FUNCTION validate_escrow_price();
