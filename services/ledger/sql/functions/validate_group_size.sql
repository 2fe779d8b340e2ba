-- A group has at most 10,000 accounts at a time, so that its balance can be told at once. Who adds to
-- a group has locked it.
CREATE OR REPLACE FUNCTION validate_group_size() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT w.group_id FROM written AS w) AS grown
        WHERE (
            SELECT count(*) FROM account_group_member AS m
            WHERE m.group_id = grown.group_id AND m.removed_at IS NULL
        ) > 10000
    ) THEN
        RAISE EXCEPTION 'a group has at most 10,000 accounts'
        USING ERRCODE = 'check_violation', TABLE = 'account_group_member',
            CONSTRAINT = 'account_group_size_in_range';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER account_group_size AFTER INSERT ON account_group_member
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION validate_group_size();
