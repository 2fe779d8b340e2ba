-- Only a party of a disputed trade writes there, and places follow without gaps.
CREATE OR REPLACE FUNCTION check_trade_statement() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    rule text;
BEGIN
    IF NOT EXISTS (
        SELECT FROM trade AS t
        WHERE t.id = NEW.trade_id AND NEW.by_id IN (t.buyer_id, t.seller_id) AND t.state = 'disputed'
    ) THEN
        rule := 'trade_statement_by_party';
    ELSIF NEW.seq <> 1 + (
        SELECT coalesce(max(m.seq), 0) FROM trade_statement AS m WHERE m.trade_id = NEW.trade_id
    ) THEN
        rule := 'trade_statement_seq_follows';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION '% % of trade % breaks %', TG_TABLE_NAME, NEW.seq, NEW.trade_id, rule
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = rule;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER trade_statement_checked BEFORE INSERT ON trade_statement
FOR EACH ROW EXECUTE FUNCTION check_trade_statement();
