-- A secret may be sealed, and wrapped by another key; it never comes back in the clear, nor moves to another endpoint.
CREATE OR REPLACE FUNCTION guard_webhook_secret() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.secret IS NOT NULL THEN
            RAISE EXCEPTION 'a secret is written sealed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'webhook_secret_sealed';
        END IF;
    ELSIF NEW.secret IS NOT NULL AND NEW.secret IS DISTINCT FROM OLD.secret THEN
        RAISE EXCEPTION 'a secret does not come back in the clear'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'webhook_secret_sealed';
    ELSIF (NEW.id, NEW.endpoint_id) IS DISTINCT FROM (OLD.id, OLD.endpoint_id) THEN
        RAISE EXCEPTION 'a secret stays with its endpoint'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'webhook_secret_stays';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER webhook_secret_guarded BEFORE INSERT OR UPDATE ON webhook_secret
FOR EACH ROW EXECUTE FUNCTION guard_webhook_secret();
