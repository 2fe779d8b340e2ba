-- Which hits people chose, so that popular, fruitless and well-answered searches can be told apart.

CREATE TABLE search_click (
    query_id uuid NOT NULL,
    item_id uuid NOT NULL,
    position integer NOT NULL
    CONSTRAINT search_click_position_in_range CHECK (position BETWEEN 1 AND 10000),
    user_hash bytea NOT NULL
    CONSTRAINT search_click_user_hash_sized CHECK (length(user_hash) = 32),
    clicked_at timestamptz NOT NULL,
    PRIMARY KEY (query_id, item_id)
);

CREATE INDEX search_click_clicked ON search_click (clicked_at);
CREATE INDEX query_log_of_community ON query_log (community, searched_at);

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON search_click TO %I', runtime);
END
$grants$;
