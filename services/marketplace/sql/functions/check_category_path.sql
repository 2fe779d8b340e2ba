-- At commit: a category's path and names continue those of its parent, and so do its children's. Then no circle can be.
CREATE OR REPLACE FUNCTION check_category_path() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    node record;
BEGIN
    -- Held to the end of the transaction, and taken before anything is compared.
    PERFORM hold_category_tree(TG_OP = 'UPDATE');
    SELECT id, parent_id, slug_path, name, names INTO node FROM category WHERE id = NEW.id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF node.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM category AS parent
        WHERE parent.id = node.parent_id
            AND parent.slug_path = regexp_replace(node.slug_path, '/[^/]+$', '')
            AND parent.names || node.name = node.names
    ) THEN
        RAISE EXCEPTION 'category %: its path does not continue its parent''s', node.slug_path
            USING ERRCODE = 'check_violation', CONSTRAINT = 'category_path_continues';
    END IF;
    IF EXISTS (
        SELECT FROM category AS child
        WHERE child.parent_id = node.id AND (
            regexp_replace(child.slug_path, '/[^/]+$', '') <> node.slug_path
            OR child.names IS DISTINCT FROM node.names || child.name
        )
    ) THEN
        RAISE EXCEPTION 'category %: a child''s path does not continue it', node.slug_path
            USING ERRCODE = 'check_violation', CONSTRAINT = 'category_path_continues';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER IF EXISTS category_path_continues ON category;
CREATE CONSTRAINT TRIGGER category_path_continues
AFTER INSERT OR UPDATE OF parent_id, slug_path, name, names ON category
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION check_category_path();
