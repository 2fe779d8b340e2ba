-- What an operator did stays as it was written, whoever asks otherwise; and nobody does too much of it at once.
CREATE OR REPLACE FUNCTION keep_operator_actions() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    most constant jsonb := '{"dead.redrive": 200, "dead.discard": 200, "outbox.replay": 6}';
    recent integer;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what operators did is never changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'operator_action_kept';
    END IF;
    -- One operator at a time, or two would each see room for one more.
    PERFORM pg_advisory_xact_lock(hashtext(TG_TABLE_SCHEMA || '.operator_action'));
    NEW.acted_at := clock_timestamp();
    NEW.acted_as := session_user;
    SELECT count(*) INTO recent FROM operator_action
    WHERE action = NEW.action AND acted_at > clock_timestamp() - interval '1 minute';
    IF recent >= coalesce((most ->> NEW.action)::integer, 60) THEN
        RAISE EXCEPTION '%: % in a minute are enough; wait, and look at what they did', NEW.action, recent
            USING ERRCODE = 'check_violation', CONSTRAINT = 'operator_action_rate';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER operator_action_kept BEFORE INSERT OR UPDATE OR DELETE ON operator_action
FOR EACH ROW EXECUTE FUNCTION keep_operator_actions();

CREATE OR REPLACE TRIGGER operator_action_not_emptied BEFORE TRUNCATE ON operator_action
FOR EACH STATEMENT EXECUTE FUNCTION keep_operator_actions();
