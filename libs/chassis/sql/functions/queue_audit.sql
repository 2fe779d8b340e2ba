-- Each event waits for its place in the chain; whoever writes one need not know of the chain.
CREATE OR REPLACE FUNCTION queue_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO audit_pending (recorded_at, event_id) VALUES (NEW.recorded_at, NEW.id);
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION queue_audit() FROM public;

CREATE OR REPLACE TRIGGER audit_event_queued AFTER INSERT ON audit_event
FOR EACH ROW EXECUTE FUNCTION queue_audit();
