-- Keeps every change of a rule, tells every process, and leaves at most a thousand in force. Runs as
-- its owner, so that nobody else needs to write there.
CREATE OR REPLACE FUNCTION record_synonym_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE synonym_stand SET version = version + 1;
    INSERT INTO synonym_change (rule_id, rule, active, changed_by, changed_at, reason)
    VALUES (new.rule_id, new.rule, new.active, new.changed_by, new.changed_at, new.reason);
    IF (SELECT count(*) FROM synonym_rule WHERE active AND NOT shipped) > 1000 THEN
        RAISE EXCEPTION 'a thousand rules are the most'
        USING ERRCODE = 'check_violation', TABLE = 'synonym_rule',
            CONSTRAINT = 'synonym_rule_count_bounded';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER synonym_rule_recorded AFTER INSERT OR UPDATE ON synonym_rule
FOR EACH ROW EXECUTE FUNCTION record_synonym_change();
