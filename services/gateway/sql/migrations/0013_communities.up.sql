-- Communities are opened by administrators, and people join open ones only: a mistyped name was a new community, where nobody was.

CREATE TABLE community (
    slug text CONSTRAINT community_once PRIMARY KEY
    CONSTRAINT community_slug_form CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text NOT NULL
    CONSTRAINT community_name_length CHECK (char_length(name) BETWEEN 1 AND 80),
    -- What it reckons in, if it says so.
    asset text CONSTRAINT community_asset_form CHECK (asset ~ '^[A-Z][A-Z0-9]{1,11}$'),
    state text NOT NULL
    CONSTRAINT community_state_known CHECK (state IN ('OPEN', 'CLOSED')),
    -- 0: it was here before there were communities as such, and no event has told of it yet.
    version integer NOT NULL
    CONSTRAINT community_version_counted CHECK (version >= 0),
    opened_at timestamptz NOT NULL,
    -- Nobody: by the settings, or before communities were opened.
    opened_by uuid REFERENCES users (id),
    changed_at timestamptz NOT NULL
    CONSTRAINT community_changed_later CHECK (changed_at >= opened_at)
);

CREATE INDEX community_by_state ON community (state, slug);
CREATE INDEX community_opener ON community (opened_by);

INSERT INTO community (slug, name, state, version, opened_at, changed_at)
SELECT community, initcap(replace(community, '-', ' ')), 'OPEN', 0, min(created_at), min(created_at)
FROM users GROUP BY community;

ALTER TABLE users
ADD CONSTRAINT users_community_is_known FOREIGN KEY (community) REFERENCES community (slug);
CREATE INDEX users_community ON users (community);

-- Names stay: everything that members have says its community by the slug.
GRANT SELECT, INSERT ON community TO gateway;
GRANT UPDATE (state, version, changed_at) ON community TO gateway;
