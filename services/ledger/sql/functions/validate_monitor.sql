-- A monitor only ever looks forward, what it watches never changes, and once ended it stays so.
CREATE OR REPLACE FUNCTION validate_monitor() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    rule text;
BEGIN
    IF (new.id, new.owner_id, new.account_id, new.kind, new.threshold_minor, new.hysteresis_minor)
        <> (old.id, old.owner_id, old.account_id, old.kind, old.threshold_minor,
            old.hysteresis_minor)
        OR new.window_seconds IS DISTINCT FROM old.window_seconds
    THEN
        rule := 'monitor_terms_never_change';
    -- But for the words of who is erased, which no service may write.
    ELSIF old.ended_at IS NOT NULL AND to_jsonb(new) - 'label' <> to_jsonb(old) - 'label' THEN
        rule := 'monitor_ended_stays_so';
    ELSIF new.seen_seq < old.seen_seq OR new.crossings < old.crossings THEN
        rule := 'monitor_looks_forward';
    END IF;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'monitor % breaks %', new.id, rule
        USING ERRCODE = 'check_violation', TABLE = 'monitor', CONSTRAINT = rule;
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE TRIGGER monitor_legal_move BEFORE UPDATE ON monitor
FOR EACH ROW EXECUTE FUNCTION validate_monitor();
