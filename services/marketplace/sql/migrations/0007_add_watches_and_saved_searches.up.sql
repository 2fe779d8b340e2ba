-- Members watch items and save searches; what there is to tell waits in queues that workers empty page by page.

CREATE TABLE item_watch (
    item_id uuid NOT NULL REFERENCES item (id),
    user_id uuid NOT NULL,
    known_minor numeric(38, 0) CONSTRAINT item_watch_known_not_negative CHECK (known_minor >= 0),
    known_asset text,
    watched_at timestamptz NOT NULL,
    PRIMARY KEY (item_id, user_id)
);

COMMENT ON COLUMN item_watch.known_minor IS
'The lowest price that the watcher has seen or was told: only what is below it is news.';

CREATE INDEX item_watch_of_user ON item_watch (user_id, item_id);

CREATE TABLE watch_notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES item (id),
    kind text NOT NULL CONSTRAINT watch_notice_kind_known CHECK (kind IN ('cheaper', 'sold')),
    told_until uuid,
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT watch_notice_once UNIQUE (item_id, kind)
);

COMMENT ON COLUMN watch_notice.told_until IS
'How far the fan-out has come, in the order of users; written with what was told.';

CREATE INDEX watch_notice_waiting ON watch_notice (noticed_at);

GRANT SELECT, INSERT, DELETE ON item_watch, watch_notice TO marketplace;
GRANT UPDATE (known_minor, known_asset) ON item_watch TO marketplace;
GRANT UPDATE (told_until, noticed_at) ON watch_notice TO marketplace;

CREATE TABLE saved_search (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    community text NOT NULL,
    name text NOT NULL CONSTRAINT saved_search_name_bounded CHECK (length(name) BETWEEN 1 AND 100),
    words text CONSTRAINT saved_search_words_bounded CHECK (length(words) BETWEEN 1 AND 200),
    lexemes text [] NOT NULL,
    category_id uuid REFERENCES category (id),
    kind text CONSTRAINT saved_search_kind_known CHECK (kind IN ('good', 'service')),
    price_max_minor numeric(38, 0) CONSTRAINT saved_search_price_positive CHECK (price_max_minor > 0),
    asset text,
    anchor text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT saved_search_price_whole CHECK ((price_max_minor IS NULL) = (asset IS NULL)),
    -- The anchor is what every match must have: without one, each item would meet each search.
    CONSTRAINT saved_search_anchored CHECK (
        CASE
            WHEN words IS NULL THEN cardinality(lexemes) = 0 AND anchor = 'c:' || category_id
            ELSE anchor LIKE 'w:%' AND lexemes @> ARRAY[substr(anchor, 3)]
        END IS TRUE
    )
);

CREATE INDEX saved_search_of_user ON saved_search (user_id, id);
CREATE INDEX saved_search_by_anchor ON saved_search (community, anchor);

CREATE TABLE item_arrival (
    item_id uuid PRIMARY KEY REFERENCES item (id),
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX item_arrival_waiting ON item_arrival (arrived_at);

CREATE TABLE saved_search_match (
    search_id uuid NOT NULL REFERENCES saved_search (id) ON DELETE CASCADE,
    item_id uuid NOT NULL REFERENCES item (id),
    user_id uuid NOT NULL,
    matched_at timestamptz NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (search_id, item_id)
);

CREATE INDEX saved_search_match_untold ON saved_search_match (user_id, matched_at) WHERE told_at IS NULL;

CREATE TABLE saved_search_digest (
    user_id uuid PRIMARY KEY,
    due_at timestamptz NOT NULL
);

CREATE INDEX saved_search_digest_due ON saved_search_digest (due_at);

GRANT SELECT, INSERT, DELETE ON saved_search, saved_search_digest TO marketplace;
GRANT SELECT, INSERT, DELETE ON item_arrival TO marketplace;
GRANT UPDATE (arrived_at) ON item_arrival TO marketplace;
GRANT UPDATE (due_at) ON saved_search_digest TO marketplace;
GRANT SELECT, INSERT ON saved_search_match TO marketplace;
GRANT UPDATE (told_at) ON saved_search_match TO marketplace;
