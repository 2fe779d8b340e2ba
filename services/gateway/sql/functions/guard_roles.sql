-- Refuses to take the last administrator away, a person without MEMBER, and a change of roles without a version.
CREATE OR REPLACE FUNCTION guard_roles() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT NEW.roles @> ARRAY['MEMBER'] THEN
        RAISE EXCEPTION 'everybody is a member'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_member_stays';
    END IF;
    IF NEW.roles <> OLD.roles AND NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'roles change with the version'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_roles_have_versions';
    END IF;
    -- Who is about to leave gives no roles any more.
    IF OLD.roles @> ARRAY['ADMIN'] AND OLD.deleted_at IS NULL AND OLD.leaving_at IS NULL
        AND (
            NOT NEW.roles @> ARRAY['ADMIN'] OR NEW.deleted_at IS NOT NULL OR NEW.leaving_at IS NOT NULL
        ) THEN
        -- Two who take each other's role away at once come one after the other.
        PERFORM pg_advisory_xact_lock(hashtextextended('gateway.users.last_admin', 0));
        IF NOT EXISTS (
            SELECT FROM users
            WHERE
                id <> NEW.id AND roles @> ARRAY['ADMIN']
                AND deleted_at IS NULL AND leaving_at IS NULL
        ) THEN
            RAISE EXCEPTION 'the last administrator stays'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'users_one_admin_stays';
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER users_roles_guarded BEFORE UPDATE ON users
FOR EACH ROW EXECUTE FUNCTION guard_roles();
