-- Old months of the audit log lie in object storage: what each must read like there stays here, as the chain does.

CREATE TABLE audit_archive (
    month date PRIMARY KEY CONSTRAINT audit_archive_month_first CHECK (extract(DAY FROM month) = 1),
    path text NOT NULL CONSTRAINT audit_archive_path_bounded CHECK (length(path) BETWEEN 1 AND 300),
    sha256 bytea NOT NULL CONSTRAINT audit_archive_sha256_length CHECK (octet_length(sha256) = 32),
    events bigint NOT NULL CONSTRAINT audit_archive_events_positive CHECK (events > 0),
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    archived_as text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE audit_archive IS
'Months of the audit log that left for object storage; their places in the chain stay.';

DO $grants$
BEGIN
    EXECUTE format('GRANT SELECT ON audit_archive TO %I', current_schema());
    GRANT SELECT ON audit_archive TO localex_operator;
END
$grants$;
