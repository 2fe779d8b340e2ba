-- Who was in a group stays written: a membership ends once, and the next one begins not before.
CREATE OR REPLACE FUNCTION validate_group_member() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    rule text;
BEGIN
    IF tg_op = 'UPDATE' THEN
        IF (new.group_id, new.account_id, new.added_at, new.added_by)
            <> (old.group_id, old.account_id, old.added_at, old.added_by)
            OR old.removed_at IS NOT NULL OR new.removed_at IS NULL
        THEN
            rule := 'account_group_member_ends_once';
        END IF;
    ELSIF EXISTS (
        SELECT FROM account_group_member AS m
        WHERE m.group_id = new.group_id AND m.account_id = new.account_id
            AND coalesce(m.removed_at, 'infinity') > new.added_at
    ) THEN
        rule := 'account_group_member_at_most_once';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'account % in group %: %', new.account_id, new.group_id, rule
        USING ERRCODE = 'check_violation', TABLE = 'account_group_member', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER account_group_member_legal_move
BEFORE INSERT OR UPDATE ON account_group_member
FOR EACH ROW EXECUTE FUNCTION validate_group_member();
