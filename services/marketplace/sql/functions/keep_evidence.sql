-- Images that a statement names are its party's own and ready to be seen, each named once; from then on they stay, until their owner is erased.
CREATE OR REPLACE FUNCTION keep_evidence() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    kept integer;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'image %: is evidence', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'image_evidence_stays';
    END IF;
    UPDATE image SET evidence_since = coalesce(evidence_since, NEW.said_at)
    WHERE id = ANY(NEW.image_ids) AND owner_id = NEW.by_id AND state = 'READY';
    GET DIAGNOSTICS kept = ROW_COUNT;
    IF kept <> cardinality(NEW.image_ids) THEN
        RAISE EXCEPTION 'statement % of trade %: % of its % images can be shown as its party''s own',
            NEW.seq, NEW.trade_id, kept, cardinality(NEW.image_ids)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trade_statement_images_own';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER trade_statement_keeps_images AFTER INSERT ON trade_statement
FOR EACH ROW WHEN (new.image_ids <> '{}') EXECUTE FUNCTION keep_evidence();

CREATE OR REPLACE TRIGGER image_evidence_stays BEFORE DELETE ON image
FOR EACH ROW WHEN (old.evidence_since IS NOT NULL) EXECUTE FUNCTION keep_evidence();
