-- Refuses a trade that does not begin as an offer for an item of its community, an illegal move, a skipped version, a
-- price that changes after agreement, an agreed refund that is taken back, a proof of the hand-over that comes late or
-- goes, and gift credits where the item does not take them.
CREATE OR REPLACE FUNCTION check_trade_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NEW.gift_minor > 0 AND (TG_OP = 'INSERT' OR NEW.state = 'accepted') AND NOT EXISTS (
        SELECT FROM item AS i WHERE i.id = NEW.item_id AND i.accepts_gift_credits
    ) THEN
        RAISE EXCEPTION 'trade %: the item takes no gift credits', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_gift_where_taken';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.version <> 1 OR NEW.state <> 'offered' OR NEW.offered_by_id <> NEW.buyer_id THEN
            RAISE EXCEPTION 'trade %: begins as the buyer''s offer, at version 1', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_beginning';
        END IF;
        IF NOT EXISTS (SELECT FROM item WHERE id = NEW.item_id AND community = NEW.community) THEN
            RAISE EXCEPTION 'trade %: % has no item %', NEW.id, NEW.community, NEW.item_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_in_items_community';
        END IF;
        IF NEW.gift_minor > NEW.amount_minor THEN
            RAISE EXCEPTION 'trade %: gift credits pay more than the price', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_gift_within_price';
        END IF;
        RETURN NEW;
    END IF;
    -- Who is erased takes no step: their words go, and all else stays as it is. No service may write these columns but
    -- the reason, and none but this word there.
    IF NEW IS DISTINCT FROM OLD
        AND to_jsonb(NEW) - '{item_title,message,reason,given}'::text []
        = to_jsonb(OLD) - '{item_title,message,reason,given}'::text []
        AND (NEW.reason IS NOT DISTINCT FROM OLD.reason OR NEW.reason = '[erased]')
    THEN
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'trade %: version % does not follow %', NEW.id, NEW.version, OLD.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_version_follows';
    END IF;
    IF NOT EXISTS (
        SELECT FROM trade_move
        WHERE from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'trade %: % can''t become %', NEW.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_move_legal';
    END IF;
    IF NEW.state <> 'offered'
        AND (NEW.amount_minor, NEW.offered_by_id) IS DISTINCT FROM (OLD.amount_minor, OLD.offered_by_id)
    THEN
        RAISE EXCEPTION 'trade %: the price is agreed', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_price_agreed';
    END IF;
    IF NEW.refund_minor IS DISTINCT FROM OLD.refund_minor AND NOT (
        (OLD.state = 'disputed' AND NEW.state = 'confirmed')
        OR (
            NEW.state = OLD.state AND NEW.state IN ('funded', 'handed_over', 'disputed')
            AND coalesce(NEW.refund_minor > coalesce(OLD.refund_minor, 0), false)
        )
    ) THEN
        RAISE EXCEPTION 'trade %: what was agreed to be refunded only grows', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_refund_only_grows';
    END IF;
    IF NEW.proven_at IS DISTINCT FROM OLD.proven_at
        AND NOT (OLD.state = 'funded' AND NEW.state = 'handed_over' AND OLD.proven_at IS NULL)
    THEN
        RAISE EXCEPTION 'trade %: a hand-over is proven when it happens', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_proven_at_hand_over';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER trade_move_legal BEFORE INSERT OR UPDATE ON trade
FOR EACH ROW EXECUTE FUNCTION check_trade_move();
