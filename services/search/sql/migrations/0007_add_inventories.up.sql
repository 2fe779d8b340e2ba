-- The marketplace's own rows are compared as well: how far that is, and what is here and not there.

-- One row, so that processes share the work and a restart goes on.
CREATE TABLE inventory_stand (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT inventory_stand_single CHECK (single),
    inventory_id uuid NOT NULL,
    after_id uuid NOT NULL,
    -- Since then an answer is waited for; NULL between two inventories.
    asked_at timestamptz,
    next_at timestamptz NOT NULL,
    items bigint NOT NULL,
    completed_at timestamptz,
    completed_items bigint NOT NULL
);

INSERT INTO inventory_stand (inventory_id, after_id, next_at, items, completed_items)
VALUES (
    '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', '1970-01-01', 0, 0
);

-- Seen once it may only be new; asked for twice in vain it is removed.
CREATE TABLE ownerless_item (
    item_id uuid PRIMARY KEY,
    asked smallint NOT NULL CONSTRAINT ownerless_item_asked_in_range CHECK (asked BETWEEN 0 AND 3),
    seen_at timestamptz NOT NULL
);

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, UPDATE ON inventory_stand TO %I', runtime);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ownerless_item TO %I', runtime);
    EXECUTE format('GRANT DELETE ON told_item TO %I', runtime);
END
$grants$;
