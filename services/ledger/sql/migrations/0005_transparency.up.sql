-- The transparency log: transfers wait, become leaves of one Merkle tree, and its root is signed.

CREATE TABLE transparency_pending (transfer_id uuid PRIMARY KEY);

CREATE TABLE transparency_leaf (
    leaf_index bigint PRIMARY KEY CONSTRAINT transparency_leaf_index_not_negative CHECK (
        leaf_index >= 0
    ),
    transfer_id uuid NOT NULL CONSTRAINT transparency_leaf_once UNIQUE,
    salt bytea NOT NULL CONSTRAINT transparency_leaf_salt_length CHECK (octet_length(salt) = 32),
    leaf_hash bytea NOT NULL CONSTRAINT transparency_leaf_hash_length CHECK (
        octet_length(leaf_hash) = 32
    )
);

-- Perfect nodes above the leaves: they never change once they are.
CREATE TABLE transparency_node (
    level smallint NOT NULL CONSTRAINT transparency_node_above_leaves CHECK (level > 0),
    ordinal bigint NOT NULL CONSTRAINT transparency_node_ordinal_not_negative CHECK (ordinal >= 0),
    hash bytea NOT NULL CONSTRAINT transparency_node_hash_length CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, ordinal)
);

CREATE TABLE transparency_checkpoint (
    size bigint PRIMARY KEY CONSTRAINT transparency_checkpoint_size_positive CHECK (size > 0),
    root bytea NOT NULL CONSTRAINT transparency_checkpoint_root_length CHECK (
        octet_length(root) = 32
    ),
    note text NOT NULL,
    signed_at timestamptz NOT NULL
);

-- Public keys that signed, and checkpoints that lie in object storage too.
CREATE TABLE transparency_key (key text PRIMARY KEY, added_at timestamptz NOT NULL);
CREATE TABLE transparency_copy (
    size bigint PRIMARY KEY REFERENCES transparency_checkpoint,
    copied_at timestamptz NOT NULL
);

-- Transfers of before are taken in by enqueue_transfers.sql, as soon as its trigger stands.

GRANT SELECT, DELETE ON transparency_pending TO ledger;
GRANT SELECT, INSERT ON
transparency_leaf, transparency_node, transparency_checkpoint, transparency_key, transparency_copy
TO ledger;
