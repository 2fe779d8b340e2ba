-- Forgets all that this service keeps of a person who was erased; of nobody else, whoever calls.
CREATE OR REPLACE FUNCTION forget_person(who uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM users WHERE id = who AND deleted_at IS NOT NULL) THEN
        RAISE EXCEPTION '% was not erased', who
            USING ERRCODE = 'check_violation', CONSTRAINT = 'forgotten_when_erased';
    END IF;
    -- Codes may have been asked for by an address alone.
    DELETE FROM one_time_code AS c WHERE c.user_id = who OR (c.kind, c.value_normalised) IN (
        SELECT i.kind, i.value_normalised FROM login_identity AS i WHERE i.user_id = who
    );
    DELETE FROM login_identity WHERE user_id = who;
    DELETE FROM former_email WHERE user_id = who;
    DELETE FROM user_password WHERE user_id = who;
    DELETE FROM challenge WHERE user_id = who;
    DELETE FROM totp WHERE user_id = who;
    DELETE FROM passkey WHERE user_id = who;
    DELETE FROM recovery_code WHERE user_id = who;
    DELETE FROM session WHERE user_id = who;
    DELETE FROM refresh_family WHERE api_key_id IN (SELECT id FROM api_key WHERE user_id = who);
    DELETE FROM api_key WHERE user_id = who;
    DELETE FROM webhook_delivery
    WHERE endpoint_id IN (SELECT id FROM webhook_endpoint WHERE user_id = who);
    DELETE FROM webhook_secret
    WHERE endpoint_id IN (SELECT id FROM webhook_endpoint WHERE user_id = who);
    DELETE FROM webhook_endpoint WHERE user_id = who;
    DELETE FROM profile WHERE user_id = who;
    DELETE FROM progress WHERE user_id = who;
    DELETE FROM notification WHERE user_id = who;
    DELETE FROM notification_mail WHERE user_id = who;
    DELETE FROM notification_box WHERE user_id = who;
    DELETE FROM notification_preference WHERE user_id = who;
    -- Whoever numbers news for the person ends first, and who comes after finds them erased.
    PERFORM FROM live_counter WHERE user_id = who FOR UPDATE;
    DELETE FROM live_event WHERE user_id = who;
    DELETE FROM idempotent_answer WHERE owner = who::text;
END
$$;

REVOKE ALL ON FUNCTION forget_person(uuid) FROM public;
GRANT EXECUTE ON FUNCTION forget_person(uuid) TO gateway;
