-- Forgets the audit log: export it first.

DROP TABLE audit_checkpoint;
DROP TABLE audit_seal;
DROP TABLE audit_pending;
DROP TABLE audit_event;
