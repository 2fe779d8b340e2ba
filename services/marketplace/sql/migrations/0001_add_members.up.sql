-- Members as the marketplace needs to show them: a name beside a listing, from the gateway's events.

CREATE TABLE member (
    user_id uuid PRIMARY KEY,
    display_name text NOT NULL
    CONSTRAINT member_display_name_bounded CHECK (length(display_name) BETWEEN 1 AND 200),
    community text NOT NULL,
    version integer NOT NULL CONSTRAINT member_version_positive CHECK (version > 0),
    changed_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON member TO marketplace;
GRANT UPDATE (display_name, community, version, changed_at) ON member TO marketplace;
GRANT SELECT ON member TO localex_analytics;
