-- Refuses an image that begins other than as uploaded, a way back from what it became, and a change of what is settled.
CREATE OR REPLACE FUNCTION check_image_move() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'UPLOADED' OR NEW.attempts <> 0 OR NEW.unattached_since IS NULL THEN
            RAISE EXCEPTION 'image %: begins as uploaded, not yet tried and not attached', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'image_beginning';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND OLD.state <> 'UPLOADED' THEN
        RAISE EXCEPTION 'image %: % can''t become %', NEW.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_move_legal';
    END IF;
    IF OLD.state <> 'UPLOADED' AND (
        NEW.hash, NEW.color, NEW.width, NEW.height, NEW.refusal, NEW.refusal_detail, NEW.attempts,
        NEW.settled_at
    ) IS DISTINCT FROM (
        OLD.hash, OLD.color, OLD.width, OLD.height, OLD.refusal, OLD.refusal_detail, OLD.attempts,
        OLD.settled_at
    ) THEN
        RAISE EXCEPTION 'image %: is settled', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_settled_stays';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER image_move_legal BEFORE INSERT OR UPDATE ON image
FOR EACH ROW EXECUTE FUNCTION check_image_move();
