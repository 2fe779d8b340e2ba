-- Members as statements name them: who the other side of an entry is, from the gateway's events.

CREATE TABLE member (
    user_id uuid PRIMARY KEY,
    display_name text CONSTRAINT member_display_name_bounded CHECK (
        length(display_name) BETWEEN 1 AND 200
    ),
    version integer NOT NULL CONSTRAINT member_version_positive CHECK (version > 0)
);

COMMENT ON TABLE member IS
'Names beside entries; nothing of it is in the books. Who left has a row without a name.';

GRANT SELECT, INSERT ON member TO ledger;
GRANT UPDATE (display_name, version) ON member TO ledger;
