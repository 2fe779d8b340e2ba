-- A task that has ended stays as it is: what somebody was told came of it, came of it.
CREATE OR REPLACE FUNCTION settle_task() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.state <> 'WAITING' THEN
        RAISE EXCEPTION 'task % has ended', OLD.id
        USING ERRCODE = 'check_violation', TABLE = 'task', CONSTRAINT = 'task_ended_once';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER task_ended_once BEFORE UPDATE ON task
FOR EACH ROW EXECUTE FUNCTION settle_task();
