-- Tasks: work that somebody asked for and that outlasts a transaction, such as a long file.

CREATE TABLE task (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT task_kind_form CHECK (kind ~ '^[a-z][a-z_.]{0,39}$'),
    owner_id uuid NOT NULL,
    once text NOT NULL CONSTRAINT task_once_bounded CHECK (length(once) BETWEEN 1 AND 400),
    wanted jsonb NOT NULL CONSTRAINT task_wanted_bounded CHECK (length(wanted::text) <= 8000),
    state text NOT NULL DEFAULT 'WAITING' CONSTRAINT task_state_known CHECK (
        state IN ('WAITING', 'DONE', 'DEAD')
    ),
    due_at timestamptz,
    turn integer NOT NULL DEFAULT 0 CONSTRAINT task_turn_not_negative CHECK (turn >= 0),
    attempts integer NOT NULL DEFAULT 0 CONSTRAINT task_attempts_bounded CHECK (
        attempts BETWEEN 0 AND 100
    ),
    done bigint NOT NULL DEFAULT 0 CONSTRAINT task_done_not_negative CHECK (done >= 0),
    total bigint CONSTRAINT task_total_not_below_done CHECK (total >= done),
    result jsonb,
    last_error text CONSTRAINT task_last_error_bounded CHECK (length(last_error) <= 500),
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    expires_at timestamptz,
    CONSTRAINT task_waiting_has_a_turn CHECK ((state = 'WAITING') = (due_at IS NOT NULL)),
    CONSTRAINT task_ended_says_when CHECK (
        (state = 'WAITING') = (ended_at IS NULL) AND (ended_at IS NULL) = (expires_at IS NULL)
    ),
    CONSTRAINT task_done_has_a_result CHECK ((state = 'DONE') = (result IS NOT NULL)),
    CONSTRAINT task_dead_says_why CHECK (state <> 'DEAD' OR last_error IS NOT NULL)
);

COMMENT ON COLUMN task.due_at IS
'When a worker may take it; while one has it, the end of its lease.';
COMMENT ON COLUMN task.turn IS
'How often it was taken: whoever has an older turn has lost it, and can settle nothing.';

CREATE UNIQUE INDEX task_once ON task (kind, owner_id, once) WHERE state = 'WAITING';
CREATE INDEX task_due ON task (due_at) WHERE state = 'WAITING';
CREATE INDEX task_of_owner ON task (owner_id, id);
CREATE INDEX task_over ON task (expires_at) WHERE state <> 'WAITING';

DO $grants$
DECLARE
    runtime text := current_schema();
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON task TO %I', runtime);
    -- Never what was wanted, by whom.
    EXECUTE format(
        'GRANT UPDATE (state, due_at, turn, attempts, done, total, result, last_error, ended_at, '
        'expires_at) ON task TO %I', runtime
    );
    -- Operators see how it goes, not what somebody wanted nor where it lies.
    GRANT SELECT (
        id, kind, state, attempts, done, total, due_at, last_error, created_at, ended_at
    ) ON task TO localex_operator;
END
$grants$;
