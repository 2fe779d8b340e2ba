-- What the marketplace told of each item, in a few bytes, to compare the index with; and where they differ.

CREATE TABLE told_item (
    item_id uuid PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT told_item_version_positive CHECK (version > 0),
    form smallint NOT NULL,
    digest bytea NOT NULL CONSTRAINT told_item_digest_sized CHECK (length(digest) = 32)
);

-- Where the comparison stands: one row, so that processes share the work and a restart goes on.
CREATE TABLE parity_round (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT parity_round_single CHECK (single),
    after_id uuid NOT NULL,
    next_at timestamptz NOT NULL,
    items bigint NOT NULL,
    completed_at timestamptz,
    completed_items bigint NOT NULL
);

INSERT INTO parity_round (after_id, next_at, items, completed_items)
VALUES ('00000000-0000-0000-0000-000000000000', '1970-01-01', 0, 0);

-- Seen once it may only be late; found when it is still so after the grace time.
CREATE TABLE parity_difference (
    item_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT parity_difference_kind_known CHECK (
        kind IN ('missing', 'extra', 'stale', 'ahead', 'content')
    ),
    told_version bigint,
    indexed_version bigint,
    seen_at timestamptz NOT NULL,
    check_at timestamptz NOT NULL,
    found_at timestamptz,
    agreed_at timestamptz,
    PRIMARY KEY (item_id, seen_at),
    CONSTRAINT parity_difference_agreed_later CHECK (agreed_at >= found_at)
);

CREATE UNIQUE INDEX parity_difference_open ON parity_difference (item_id)
WHERE agreed_at IS NULL;
CREATE INDEX parity_difference_check ON parity_difference (check_at) WHERE agreed_at IS NULL;

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON told_item TO %I', runtime);
    EXECUTE format('GRANT SELECT, UPDATE ON parity_round TO %I', runtime);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON parity_difference TO %I', runtime);
END
$grants$;
