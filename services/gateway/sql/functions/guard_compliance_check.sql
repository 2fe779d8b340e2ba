-- What people decided needs an override that was approved, for this person, this check and this status.
CREATE OR REPLACE FUNCTION guard_compliance_check() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NEW.override_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM compliance_override AS o
        WHERE o.id = NEW.override_id AND o.user_id = NEW.user_id AND o.kind = NEW.kind
            AND o.decision = 'APPROVED' AND (o.status = NEW.status OR NEW.status = 'EXPIRED')
    ) THEN
        RAISE EXCEPTION 'no approved override says that % of % is %', NEW.kind, NEW.user_id, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'compliance_check_override_approved';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER compliance_check_guarded BEFORE INSERT OR UPDATE ON compliance_check
FOR EACH ROW EXECUTE FUNCTION guard_compliance_check();
