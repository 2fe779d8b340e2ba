-- What is wrong with an account's policies, if anything: they are those of its newest version, and no
-- version is missing. One that never changed has no versions.
CREATE OR REPLACE FUNCTION find_policy_fault(examined account) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $$
DECLARE
    newest account_policy_change;
    versions bigint;
BEGIN
    SELECT c.* INTO newest FROM account_policy_change AS c
    WHERE c.account_id = examined.id ORDER BY c.version DESC LIMIT 1;
    IF newest.account_id IS NULL THEN
        RETURN CASE WHEN examined.policy_version <> 1
            THEN 'versions of its policies are missing' END;
    END IF;
    SELECT count(*) INTO versions FROM account_policy_change AS c
    WHERE c.account_id = examined.id AND c.version > 0;
    IF examined.policy_version = 1 OR newest.version <> examined.policy_version
        OR versions <> examined.policy_version
    THEN
        RETURN 'versions of its policies are missing';
    ELSIF (
        examined.floor_minor, examined.soft_floor_minor, examined.ceiling_minor,
        examined.velocity_seconds, examined.velocity_minor, examined.accepts_gifts,
        examined.frozen, examined.closed, examined.policy_changed_at, examined.policy_changed_by,
        examined.policy_reason
    ) IS DISTINCT FROM (
        newest.floor_minor, newest.soft_floor_minor, newest.ceiling_minor,
        newest.velocity_seconds, newest.velocity_minor, newest.accepts_gifts,
        newest.frozen, newest.closed, newest.changed_at, newest.changed_by, newest.reason
    ) THEN
        RETURN 'its policies are not those of their newest version';
    ELSIF NOT EXISTS (
        SELECT FROM account_policy_change AS c
        WHERE c.account_id = examined.id AND c.version = 1 AND c.changed_at = examined.created_at
            AND c.changed_by IS NULL AND c.reason = 'opened'
    ) THEN
        RETURN 'its first policies are not those that it was opened with';
    END IF;
    RETURN NULL;
END
$$;
