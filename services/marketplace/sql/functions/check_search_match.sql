-- A search is met by items of its own community alone: matches are made for all communities at once.
CREATE OR REPLACE FUNCTION check_search_match() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM saved_search WHERE id = NEW.search_id AND community = NEW.community) THEN
        RAISE EXCEPTION 'search %: item % is of another community', NEW.search_id, NEW.item_id
            USING ERRCODE = 'check_violation', TABLE = 'saved_search_match',
                CONSTRAINT = 'saved_search_match_in_community';
    END IF;
    RETURN NEW;
END
$$;

-- Behind saved_search_match_community, by its name.
CREATE OR REPLACE TRIGGER saved_search_match_in_community BEFORE INSERT ON saved_search_match
FOR EACH ROW WHEN (new.community IS DISTINCT FROM '') EXECUTE FUNCTION check_search_match();
