-- Images of items: what was uploaded, what became of it, whose it is and how much anyone may keep; the rules hold for every client.

CREATE TABLE image_quota (
    owner_id uuid PRIMARY KEY,
    images integer NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    images_max integer NOT NULL DEFAULT 500 CONSTRAINT image_quota_images_max_in_range CHECK (
        images_max BETWEEN 0 AND 1000000
    ),
    bytes_max bigint NOT NULL DEFAULT 1073741824 CONSTRAINT image_quota_bytes_max_in_range CHECK (
        bytes_max BETWEEN 0 AND 1099511627776
    ),
    CONSTRAINT image_quota_images_within CHECK (images BETWEEN 0 AND images_max),
    CONSTRAINT image_quota_bytes_within CHECK (bytes BETWEEN 0 AND bytes_max)
);

COMMENT ON TABLE image_quota IS
'What each person keeps, counted by triggers: images, and the bytes that were uploaded for them.';

CREATE TABLE image_upload (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    community text NOT NULL,
    media_type text NOT NULL CONSTRAINT image_upload_media_type_known CHECK (
        media_type IN ('image/jpeg', 'image/png', 'image/webp')
    ),
    size_bytes integer NOT NULL CONSTRAINT image_upload_size_in_range CHECK (
        size_bytes BETWEEN 1 AND 20971520
    ),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX image_upload_over ON image_upload (expires_at);

CREATE TABLE image (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    community text NOT NULL,
    state text NOT NULL CONSTRAINT image_state_known CHECK (
        state IN ('UPLOADED', 'READY', 'REFUSED')
    ),
    media_type text NOT NULL CONSTRAINT image_media_type_known CHECK (
        media_type IN ('image/jpeg', 'image/png', 'image/webp')
    ),
    size_bytes integer NOT NULL CONSTRAINT image_size_in_range CHECK (
        size_bytes BETWEEN 1 AND 20971520
    ),
    attempts integer NOT NULL DEFAULT 0 CONSTRAINT image_attempts_bounded CHECK (
        attempts BETWEEN 0 AND 10
    ),
    next_try_at timestamptz,
    hash text CONSTRAINT image_hash_formed CHECK (hash ~ '^[0-9a-f]{64}$'),
    color text CONSTRAINT image_color_formed CHECK (color ~ '^#[0-9a-f]{6}$'),
    width integer CONSTRAINT image_width_in_range CHECK (width BETWEEN 1 AND 16383),
    height integer CONSTRAINT image_height_in_range CHECK (height BETWEEN 1 AND 16383),
    refusal text CONSTRAINT image_refusal_formed CHECK (refusal ~ '^[a-z-]{1,64}$'),
    refusal_detail text CONSTRAINT image_refusal_detail_bounded CHECK (
        length(refusal_detail) BETWEEN 1 AND 500
    ),
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    unattached_since timestamptz,
    missing_since timestamptz,
    CONSTRAINT image_waiting_has_a_turn CHECK ((state = 'UPLOADED') = (next_try_at IS NOT NULL)),
    CONSTRAINT image_settled_says_when CHECK ((state = 'UPLOADED') = (settled_at IS NULL)),
    CONSTRAINT image_ready_is_whole CHECK (
        CASE state
            WHEN 'READY' THEN num_nulls(hash, color, width, height) = 0
            ELSE num_nonnulls(hash, color, width, height, missing_since) = 0
        END
    ),
    CONSTRAINT image_refused_says_why CHECK (
        (state = 'REFUSED') = (refusal IS NOT NULL) AND (refusal IS NULL) = (refusal_detail IS NULL)
    )
);

COMMENT ON COLUMN image.hash IS
'The name of its renditions: SHA-256 over id and bytes: never means others, can''t be guessed.';
COMMENT ON COLUMN image.next_try_at IS
'When a worker may take it; in the future while one has it, or after a failure.';

CREATE UNIQUE INDEX image_hash_once ON image (hash) WHERE hash IS NOT NULL;
CREATE INDEX image_of_owner ON image (owner_id, id);
CREATE INDEX image_due ON image (next_try_at) WHERE state = 'UPLOADED';
CREATE INDEX image_unattached ON image (unattached_since)
WHERE unattached_since IS NOT NULL AND state <> 'UPLOADED';
CREATE INDEX image_ready ON image (id) WHERE state = 'READY';
CREATE INDEX image_missing ON image (missing_since) WHERE missing_since IS NOT NULL;

CREATE TABLE item_image (
    item_id uuid NOT NULL REFERENCES item (id),
    position smallint NOT NULL CONSTRAINT item_image_position_in_range CHECK (
        position BETWEEN 0 AND 9
    ),
    image_id uuid NOT NULL CONSTRAINT item_image_once UNIQUE
    CONSTRAINT item_image_known REFERENCES image (id),
    PRIMARY KEY (item_id, position)
);

CREATE TABLE image_waste (
    path text PRIMARY KEY CONSTRAINT image_waste_path_bounded CHECK (length(path) BETWEEN 1 AND 200),
    added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE image_waste IS 'Objects that nothing needs any more, until a worker has removed them.';

CREATE TABLE image_sweep (
    part text PRIMARY KEY CONSTRAINT image_sweep_part_known CHECK (
        part IN ('renditions', 'quarantine', 'rows')
    ),
    cursor text NOT NULL DEFAULT '',
    rounds bigint NOT NULL DEFAULT 0,
    examined bigint NOT NULL DEFAULT 0,
    found bigint NOT NULL DEFAULT 0,
    round_began_at timestamptz,
    round_ended_at timestamptz
);

COMMENT ON TABLE image_sweep IS
'Where each comparison of object storage with these tables stands, and what all rounds have found.';

INSERT INTO image_sweep (part) VALUES ('renditions'), ('quarantine'), ('rows');

GRANT SELECT, INSERT, DELETE ON image, image_upload, item_image, image_waste TO marketplace;
GRANT UPDATE (
    state, attempts, next_try_at, hash, color, width, height, refusal, refusal_detail, settled_at,
    unattached_since, missing_since
) ON image TO marketplace;
-- To lock a row takes the right to change something of it.
GRANT UPDATE (expires_at) ON image_upload TO marketplace;
GRANT UPDATE (added_at) ON image_waste TO marketplace;
GRANT SELECT ON image_quota TO marketplace;
GRANT UPDATE (images_max, bytes_max) ON image_quota TO marketplace;
GRANT SELECT ON image_sweep TO marketplace;
GRANT UPDATE (cursor, rounds, examined, found, round_began_at, round_ended_at) ON image_sweep
TO marketplace;
