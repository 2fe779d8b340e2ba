-- Forgets where archived months lie; they stay in object storage, and the chain says that their events are gone.

DROP FUNCTION IF EXISTS archive_audit_month(date, text, bytea, bigint, text);
DROP TABLE audit_archive;
