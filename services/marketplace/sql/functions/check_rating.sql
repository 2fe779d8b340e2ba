-- A rating is of a settled trade, by one of its parties about the other; it begins hidden, and is revealed once.
CREATE OR REPLACE FUNCTION check_rating() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    rule text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Words of who is erased go; the number stays, and is revealed in its time.
        IF NEW.text IS NULL AND OLD.text IS NOT NULL AND NEW.revealed_at IS NOT DISTINCT FROM OLD.revealed_at
        THEN
            RETURN NEW;
        ELSIF OLD.revealed_at IS NOT NULL OR NEW.revealed_at IS NULL THEN
            rule := 'rating_revealed_once';
        END IF;
    ELSIF NEW.revealed_at IS NOT NULL THEN
        rule := 'rating_begins_hidden';
    ELSIF NOT EXISTS (
        SELECT FROM trade AS t
        WHERE t.id = NEW.trade_id AND t.state IN ('released', 'refunded')
    ) THEN
        rule := 'rating_when_settled';
    ELSIF NOT EXISTS (
        SELECT FROM trade AS t
        WHERE t.id = NEW.trade_id AND (NEW.by_id, NEW.about_id) = (
            CASE NEW.about_side WHEN 'seller' THEN t.buyer_id ELSE t.seller_id END,
            CASE NEW.about_side WHEN 'seller' THEN t.seller_id ELSE t.buyer_id END
        )
    ) THEN
        rule := 'rating_between_parties';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'the rating of trade % by % breaks %', NEW.trade_id, NEW.by_id, rule
            USING ERRCODE = 'check_violation', TABLE = 'rating', CONSTRAINT = rule;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER rating_checked BEFORE INSERT OR UPDATE ON rating
FOR EACH ROW EXECUTE FUNCTION check_rating();
