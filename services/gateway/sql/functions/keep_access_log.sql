-- Who looked at what stays as it was written; nobody takes their own look back.
CREATE OR REPLACE FUNCTION keep_access_log() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION 'the access log is only ever added to: % is refused', TG_OP
        USING ERRCODE = 'check_violation', CONSTRAINT = 'access_log_kept';
END
$$;

CREATE OR REPLACE TRIGGER access_log_kept BEFORE UPDATE OR DELETE ON access_log
FOR EACH ROW EXECUTE FUNCTION keep_access_log();

CREATE OR REPLACE TRIGGER access_log_not_emptied BEFORE TRUNCATE ON access_log
FOR EACH STATEMENT EXECUTE FUNCTION keep_access_log();
