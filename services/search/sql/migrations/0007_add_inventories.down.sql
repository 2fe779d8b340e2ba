-- The marketplace's own rows are compared no more.

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('REVOKE DELETE ON told_item FROM %I', runtime);
END
$grants$;

DROP TABLE ownerless_item;
DROP TABLE inventory_stand;
