-- Refuses people who join a community that is not open. Its row is locked, so that who joins and who closes it come one after the other.
CREATE OR REPLACE FUNCTION check_community_is_open() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM community AS c WHERE c.slug = NEW.community AND c.state = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'community % is not open', NEW.community
            USING ERRCODE = 'check_violation', TABLE = 'users', CONSTRAINT = 'users_community_is_open';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER users_join_what_is_open BEFORE INSERT ON users
FOR EACH ROW EXECUTE FUNCTION check_community_is_open();

CREATE OR REPLACE TRIGGER users_move_to_what_is_open BEFORE UPDATE OF community ON users
FOR EACH ROW WHEN (new.community <> old.community) EXECUTE FUNCTION check_community_is_open();

-- Also holds the file back from a schema that has no communities.
COMMENT ON COLUMN community.state IS 'People join what is OPEN.';
