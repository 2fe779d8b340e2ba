-- What the office does from the command line is in the audit log as well.
CREATE OR REPLACE FUNCTION audit_operator_actions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO audit_event (id, action, actor_name, entity, entity_id, after, reason, address)
    VALUES (
        uuidv7(), 'office.' || NEW.action, NEW.acted_by, 'operator_action', NEW.subject,
        jsonb_build_object('operator_action', NEW.id, 'touched', NEW.touched, 'acted_as', NEW.acted_as),
        NEW.reason, host(inet_client_addr())
    );
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION audit_operator_actions() FROM public;

CREATE OR REPLACE TRIGGER operator_action_audited AFTER INSERT ON operator_action
FOR EACH ROW EXECUTE FUNCTION audit_operator_actions();
