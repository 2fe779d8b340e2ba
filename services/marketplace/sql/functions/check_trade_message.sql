-- Only a party writes there, and places follow without gaps.
CREATE OR REPLACE FUNCTION check_trade_message() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    rule text;
BEGIN
    IF NOT EXISTS (
        SELECT FROM trade AS t
        WHERE t.id = NEW.trade_id AND NEW.by_id IN (t.buyer_id, t.seller_id)
    ) THEN
        rule := 'trade_message_by_party';
    ELSIF NEW.seq <> 1 + (
        SELECT coalesce(max(m.seq), 0) FROM trade_message AS m WHERE m.trade_id = NEW.trade_id
    ) THEN
        rule := 'trade_message_seq_follows';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION '% % of trade % breaks %', TG_TABLE_NAME, NEW.seq, NEW.trade_id, rule
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = rule;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER trade_message_checked BEFORE INSERT ON trade_message
FOR EACH ROW EXECUTE FUNCTION check_trade_message();
