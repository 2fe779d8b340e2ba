-- What hangs on a trade is of its community, whatever was written; on a trade that the writer cannot see nothing is hung.
CREATE OR REPLACE FUNCTION take_community_of_trade() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    SELECT community INTO NEW.community FROM trade WHERE id = NEW.trade_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: there is no trade %', TG_TABLE_NAME, NEW.trade_id
            USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = TG_TABLE_NAME || '_trade_id_fkey';
    END IF;
    RETURN NEW;
END
$$;

-- The conditions name the column, so that this file fits no schema that lacks it.
CREATE OR REPLACE TRIGGER trade_step_community BEFORE INSERT ON trade_step
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_trade();

CREATE OR REPLACE TRIGGER trade_code_community BEFORE INSERT ON trade_code
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_trade();

CREATE OR REPLACE TRIGGER trade_item_community BEFORE INSERT ON trade_item
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_trade();

CREATE OR REPLACE TRIGGER trade_message_community BEFORE INSERT ON trade_message
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_trade();

CREATE OR REPLACE TRIGGER trade_statement_community BEFORE INSERT ON trade_statement
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_trade();

CREATE OR REPLACE TRIGGER rating_community BEFORE INSERT ON rating
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION take_community_of_trade();
