-- Posts transfers that were decided before their accounts were locked: holds their keys, locks the
-- accounts in id order, and writes everything only if no key was answered and no account has moved
-- or changed its policies since. Says what it found: 'posted', 'answered' or 'moved'; the last two
-- have written nothing. What is decided wrongly is refused by the same triggers as everybody's.
-- A column is one text whose values are divided by E'\x1e'; effective_at may be empty.
-- asked: owners, keys. positions: account ids, newest account_seq (0 for none), policy_version, and
-- that entry's balance_after_minor, held_after_minor and posted_at: a number alone does not say whose
-- entry it is, where the expected one was never written and another took its place.
CREATE OR REPLACE FUNCTION post_decided(
    posted timestamptz,
    asked text [],
    positions text [],
    transfers text [],
    entries text [],
    events text [],
    answers text []
) RETURNS text
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    owners text [] := string_to_array(asked[1], E'\x1e');
    keys text [] := string_to_array(asked[2], E'\x1e');
    ids uuid [] := string_to_array(positions[1], E'\x1e')::uuid [];
    seqs bigint [] := string_to_array(positions[2], E'\x1e')::bigint [];
    versions integer [] := string_to_array(positions[3], E'\x1e')::integer [];
    balances numeric [] := string_to_array(positions[4], E'\x1e')::numeric [];
    helds numeric [] := string_to_array(positions[5], E'\x1e')::numeric [];
    times timestamptz [] := string_to_array(positions[6], E'\x1e', '')::timestamptz [];
BEGIN
    PERFORM FROM hold_answers(owners, keys);
    IF FOUND THEN
        RETURN 'answered';
    END IF;

    PERFORM FROM (
        SELECT a.id, a.policy_version FROM account AS a
        WHERE a.id = ANY(ids) ORDER BY a.id FOR NO KEY UPDATE
    ) AS locked
    INNER JOIN unnest(ids, versions) AS d (id, version)
        ON d.id = locked.id AND d.version = locked.policy_version
    HAVING count(*) = cardinality(ids);
    IF NOT FOUND THEN
        RETURN 'moved';
    END IF;
    -- A statement of its own: it sees what whoever had the locks before has written.
    PERFORM FROM unnest(ids, seqs, balances, helds, times) AS d (id, seq, balance, held, at)
    LEFT JOIN LATERAL (
        SELECT e.account_seq, e.balance_after_minor, e.held_after_minor, e.posted_at FROM entry AS e
        WHERE e.account_id = d.id ORDER BY e.account_seq DESC LIMIT 1
    ) AS h ON true
    WHERE (d.seq, d.balance, d.held, d.at) IS DISTINCT FROM (
        coalesce(h.account_seq, 0), coalesce(h.balance_after_minor, 0),
        coalesce(h.held_after_minor, 0), h.posted_at
    );
    IF FOUND THEN
        RETURN 'moved';
    END IF;

    WITH written AS (
        INSERT INTO transfer (
            id, kind, entry_count, effective_at, posted_at, reverses, initiated_by,
            correlation_id, metadata
        )
        SELECT t.id::uuid, t.kind, t.entry_count::smallint,
            coalesce(t.effective_at::timestamptz, posted), posted, t.reverses::uuid,
            t.initiated_by::uuid, t.correlation_id, t.metadata::jsonb
        FROM unnest(
            string_to_array(transfers[1], E'\x1e'), string_to_array(transfers[2], E'\x1e'),
            string_to_array(transfers[3], E'\x1e'), string_to_array(transfers[4], E'\x1e', ''),
            string_to_array(transfers[5], E'\x1e', ''), string_to_array(transfers[6], E'\x1e', ''),
            string_to_array(transfers[7], E'\x1e', ''), string_to_array(transfers[8], E'\x1e')
        ) AS t (
            id, kind, entry_count, effective_at, reverses, initiated_by, correlation_id, metadata
        )
    )
    INSERT INTO entry (
        account_id, account_seq, transfer_id, position, asset, amount_minor,
        balance_after_minor, held_after_minor, effective_at, posted_at
    )
    SELECT e.account_id::uuid, e.account_seq::bigint, e.transfer_id::uuid, e.position::smallint,
        e.asset, e.amount_minor::numeric(38, 0), e.balance_after_minor::numeric(38, 0),
        e.held_after_minor::numeric(38, 0), coalesce(e.effective_at::timestamptz, posted), posted
    FROM unnest(
        string_to_array(entries[1], E'\x1e'), string_to_array(entries[2], E'\x1e'),
        string_to_array(entries[3], E'\x1e'), string_to_array(entries[4], E'\x1e'),
        string_to_array(entries[5], E'\x1e'), string_to_array(entries[6], E'\x1e'),
        string_to_array(entries[7], E'\x1e'), string_to_array(entries[8], E'\x1e'),
        string_to_array(entries[9], E'\x1e', '')
    ) AS e (
        account_id, account_seq, transfer_id, position, asset, amount_minor,
        balance_after_minor, held_after_minor, effective_at
    );

    INSERT INTO outbox (event_id, topic, key, part, headers, payload)
    SELECT o.event_id::uuid, o.topic, o.key, o.part::smallint, o.headers::jsonb, o.payload
    FROM unnest(
        string_to_array(events[1], E'\x1e'), string_to_array(events[2], E'\x1e'),
        string_to_array(events[3], E'\x1e'), string_to_array(events[4], E'\x1e'),
        string_to_array(events[5], E'\x1e'), string_to_array(events[6], E'\x1e')
    ) AS o (event_id, topic, key, part, headers, payload);

    INSERT INTO idempotent_answer (
        owner, key, route, content_hash, field_salt, field_hashes, status, headers, body
    )
    SELECT a.owner, a.key, a.route, decode(a.content_hash, 'hex'), decode(a.field_salt, 'hex'),
        a.field_hashes::jsonb, a.status::smallint, a.headers::jsonb, convert_to(a.body, 'UTF8')
    FROM unnest(
        owners, keys, string_to_array(answers[1], E'\x1e'), string_to_array(answers[2], E'\x1e'),
        string_to_array(answers[3], E'\x1e'), string_to_array(answers[4], E'\x1e'),
        string_to_array(answers[5], E'\x1e'), string_to_array(answers[6], E'\x1e'),
        string_to_array(answers[7], E'\x1e')
    ) AS a (owner, key, route, content_hash, field_salt, field_hashes, status, headers, body);
    RETURN 'posted';
END
$$;
