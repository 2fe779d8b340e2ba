-- A code is made for a funded trade only, never in a barter, is tried at most five times, and once used it is over;
-- another one has the next number and attempts of its own.
CREATE OR REPLACE FUNCTION check_trade_code() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    rule text;
BEGIN
    IF NOT EXISTS (SELECT FROM trade WHERE id = NEW.trade_id AND state = 'funded' AND kind <> 'barter') THEN
        rule := 'trade_code_when_funded';
    ELSIF TG_OP = 'INSERT' THEN
        IF (NEW.number, NEW.attempts_left, NEW.state) <> (1, 5, 'open') THEN
            rule := 'trade_code_begins';
        END IF;
    ELSIF NEW.number <> OLD.number THEN
        IF OLD.state = 'used'
            OR (NEW.number, NEW.attempts_left, NEW.state) <> (OLD.number + 1, 5, 'open')
        THEN
            rule := 'trade_code_follows';
        END IF;
    ELSIF (NEW.salt, NEW.hash) <> (OLD.salt, OLD.hash) OR NEW.attempts_left > OLD.attempts_left THEN
        rule := 'trade_code_only_wears';
    ELSIF OLD.state <> 'open' OR (NEW.state = 'used' AND OLD.attempts_left = 0) THEN
        rule := 'trade_code_open';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'the code of trade % breaks %', NEW.trade_id, rule
            USING ERRCODE = 'check_violation', TABLE = 'trade_code', CONSTRAINT = rule;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER trade_code_checked BEFORE INSERT OR UPDATE ON trade_code
FOR EACH ROW EXECUTE FUNCTION check_trade_code();
