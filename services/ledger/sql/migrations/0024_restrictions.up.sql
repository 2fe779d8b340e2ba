-- Who is restricted by compliance, beside their accounts: one that is opened later is frozen from the start.

CREATE TABLE restriction (
    user_id uuid PRIMARY KEY,
    restricted boolean NOT NULL,
    changed_at timestamptz NOT NULL
);

COMMENT ON TABLE restriction IS
'How people stand with compliance, as the gateway said it last.';

-- Who was restricted before this was kept: an account shows it.
INSERT INTO restriction (user_id, restricted, changed_at)
SELECT owner_id, TRUE, max(policy_changed_at)
FROM account
WHERE frozen AND owner_id IS NOT NULL AND policy_changed_by = '0193a000-0000-7000-8000-636f6d706c79'
GROUP BY owner_id;

GRANT SELECT, INSERT ON restriction TO ledger;
GRANT UPDATE (restricted, changed_at) ON restriction TO ledger;
