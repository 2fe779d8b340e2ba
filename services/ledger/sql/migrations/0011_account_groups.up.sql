-- Groups of accounts: who was in which, from when to when, so that a group's balance is exact at any time.

CREATE TABLE account_group (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    name text NOT NULL CONSTRAINT account_group_name_length CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1
);

CREATE INDEX account_group_owner ON account_group (owner_id, id);

CREATE TABLE account_group_member (
    group_id uuid NOT NULL REFERENCES account_group,
    account_id uuid NOT NULL REFERENCES account,
    added_at timestamptz NOT NULL,
    added_by uuid NOT NULL,
    removed_at timestamptz,
    removed_by uuid,
    PRIMARY KEY (group_id, account_id, added_at),
    CONSTRAINT account_group_member_left_after_it_came CHECK (removed_at >= added_at),
    CONSTRAINT account_group_member_removed_by_somebody CHECK (
        (removed_at IS NULL) = (removed_by IS NULL)
    )
);

CREATE UNIQUE INDEX account_group_member_once ON account_group_member (group_id, account_id)
WHERE removed_at IS NULL;

GRANT SELECT, INSERT ON account_group, account_group_member TO ledger;
GRANT UPDATE (version) ON account_group TO ledger;
GRANT UPDATE (removed_at, removed_by) ON account_group_member TO ledger;
