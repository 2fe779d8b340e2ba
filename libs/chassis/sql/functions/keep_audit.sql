-- What is in the audit log stays as it was written, whoever asks otherwise; the owner too.
CREATE OR REPLACE FUNCTION keep_audit() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_kept';
END
$$;

CREATE OR REPLACE TRIGGER audit_event_kept BEFORE UPDATE OR DELETE ON audit_event
FOR EACH ROW EXECUTE FUNCTION keep_audit();

CREATE OR REPLACE TRIGGER audit_event_not_emptied BEFORE TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

CREATE OR REPLACE TRIGGER audit_seal_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

CREATE OR REPLACE TRIGGER audit_checkpoint_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

CREATE OR REPLACE TRIGGER audit_archive_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_archive
FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();
