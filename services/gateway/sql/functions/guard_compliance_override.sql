-- An override is decided once, by somebody else than asked for it, and stays as it was decided; none is born decided.
CREATE OR REPLACE FUNCTION guard_compliance_override() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.decision IS NOT NULL THEN
            RAISE EXCEPTION 'an override is decided by another person, later'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'compliance_override_four_eyes';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.decision IS NOT NULL
        OR (NEW.id, NEW.user_id, NEW.kind, NEW.status, NEW.reason, NEW.requested_by, NEW.requested_at)
        IS DISTINCT FROM
        (OLD.id, OLD.user_id, OLD.kind, OLD.status, OLD.reason, OLD.requested_by, OLD.requested_at)
    THEN
        RAISE EXCEPTION 'override % was decided, or would become another', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'compliance_override_decided_once';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER compliance_override_guarded BEFORE INSERT OR UPDATE OR DELETE ON compliance_override
FOR EACH ROW EXECUTE FUNCTION guard_compliance_override();
