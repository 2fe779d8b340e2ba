-- Refuses what a barter's two hand-overs do not allow: each side says once, and in its state, that it gave and that it
-- got; handed over is what both gave, and confirmed what both got, what nobody disputed in time, or what was ruled.
CREATE OR REPLACE FUNCTION check_barter_sides() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    rule text;
BEGIN
    IF (OLD.seller_gave_at IS NOT NULL AND NEW.seller_gave_at IS DISTINCT FROM OLD.seller_gave_at)
        OR (OLD.buyer_gave_at IS NOT NULL AND NEW.buyer_gave_at IS DISTINCT FROM OLD.buyer_gave_at)
        OR (OLD.seller_got_at IS NOT NULL AND NEW.seller_got_at IS DISTINCT FROM OLD.seller_got_at)
        OR (OLD.buyer_got_at IS NOT NULL AND NEW.buyer_got_at IS DISTINCT FROM OLD.buyer_got_at)
    THEN
        rule := 'trade_side_says_once';
    ELSIF (
        (NEW.seller_gave_at, NEW.buyer_gave_at) IS DISTINCT FROM (OLD.seller_gave_at, OLD.buyer_gave_at)
        AND OLD.state <> 'funded'
    ) OR (
        (NEW.seller_got_at, NEW.buyer_got_at) IS DISTINCT FROM (OLD.seller_got_at, OLD.buyer_got_at)
        AND OLD.state <> 'handed_over'
    ) THEN
        rule := 'trade_side_says_in_its_state';
    ELSIF NEW.state = 'handed_over' AND num_nulls(NEW.seller_gave_at, NEW.buyer_gave_at) > 0 THEN
        rule := 'trade_both_handed_over';
    ELSIF OLD.state = 'handed_over' AND NEW.state = 'confirmed'
        AND num_nulls(NEW.seller_got_at, NEW.buyer_got_at) > 0
        AND coalesce(NEW.changed_at < OLD.expires_at, TRUE)
    THEN
        rule := 'trade_both_confirmed';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'barter %: % -> % breaks %', NEW.id, OLD.state, NEW.state, rule
            USING ERRCODE = 'check_violation', TABLE = 'trade', CONSTRAINT = rule;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER trade_barter_checked BEFORE UPDATE ON trade
FOR EACH ROW WHEN (old.kind = 'barter') EXECUTE FUNCTION check_barter_sides();
