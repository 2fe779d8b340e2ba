"""What is spoiled on purpose in the database after a run, and the oracle that must say so."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Plant:
    """Something spoiled in the database, and the oracle that must say so."""

    name: str
    oracle: str
    statement: str


PLANTS: Final = (
    Plant(
        "an entry is removed",
        "O1",
        """DELETE FROM ledger.entry WHERE ctid = (
            SELECT ctid FROM ledger.entry WHERE account_seq = 1 AND amount_minor > 0 LIMIT 1)""",
    ),
    Plant(
        "an entry in the midst of a chain is removed",
        "O2",
        """DELETE FROM ledger.entry WHERE ctid = (
            SELECT ctid FROM ledger.entry WHERE account_seq = 2 LIMIT 1)""",
    ),
    Plant(
        "a balance is rounded",
        "O2",
        """UPDATE ledger.entry SET balance_after_minor = balance_after_minor + 1
        WHERE ctid = (SELECT ctid FROM ledger.entry WHERE account_seq = 2 LIMIT 1)""",
    ),
    Plant(
        "an account is overdrawn",
        "O2",
        """UPDATE ledger.entry SET amount_minor = amount_minor - 10 ^ 12,
            balance_after_minor = balance_after_minor - 10 ^ 12
        WHERE (account_id, account_seq) = (
            SELECT e.account_id, max(e.account_seq) FROM ledger.entry AS e
            INNER JOIN ledger.account AS a ON a.id = e.account_id AND a.type = 'MAIN'
            GROUP BY e.account_id LIMIT 1)""",
    ),
    Plant(
        "an acknowledged transfer is missing",
        "O3",
        """DELETE FROM ledger.transfer WHERE ctid = (
            SELECT ctid FROM ledger.transfer WHERE kind = 'transfer' LIMIT 1)""",
    ),
    Plant(
        "a transfer is made twice",
        "O3",
        """INSERT INTO ledger.transfer (id, kind, entry_count, effective_at, posted_at, metadata)
        SELECT gen_random_uuid(), kind, entry_count, effective_at, posted_at, metadata
        FROM ledger.transfer WHERE kind = 'transfer' LIMIT 1""",
    ),
    Plant(
        "a reservation is missing",
        "O3",
        """DELETE FROM ledger.reservation WHERE ctid = (
            SELECT ctid FROM ledger.reservation WHERE memo IS NOT NULL LIMIT 1)""",
    ),
    Plant(
        "an item is listed twice by one key",
        "O3",
        """INSERT INTO marketplace.item (id, version, seller_id, community, status, title,
            description, category_id, kind, pricing, price_minor, asset, quantity, created_at,
            changed_at)
        SELECT gen_random_uuid(), version, seller_id, community, 'active', title, description,
            category_id, kind, pricing, price_minor, asset, quantity, created_at, changed_at
        FROM marketplace.item WHERE title LIKE 'Chair op %' LIMIT 1""",
    ),
    Plant(
        "an item that was listed is missing",
        "O3",
        """DELETE FROM marketplace.item WHERE id = (
            SELECT id FROM marketplace.item WHERE title LIKE 'Chair op %' LIMIT 1)""",
    ),
    Plant(
        "an offer made two trades",
        "O3",
        """INSERT INTO marketplace.trade (id, version, state, community, item_id, item_title,
            buyer_id, seller_id, quantity, amount_minor, asset, offered_by_id, created_at,
            changed_at)
        SELECT gen_random_uuid(), 1, 'offered', community, item_id, item_title, buyer_id,
            seller_id, quantity, amount_minor, asset, offered_by_id, created_at, changed_at
        FROM marketplace.trade LIMIT 1""",
    ),
    Plant(
        "a step of a trade is lost",
        "O3",
        """DELETE FROM marketplace.trade_step WHERE (trade_id, version) = (
            SELECT trade_id, version FROM marketplace.trade_step
            WHERE action = 'accept' LIMIT 1)""",
    ),
    Plant(
        "a step of a trade was taken twice",
        "O3",
        """INSERT INTO marketplace.trade_step (trade_id, version, action, from_state, to_state,
            by_id, amount_minor, taken_at, community)
        SELECT trade_id, version + 100, action, from_state, to_state, by_id, amount_minor,
            taken_at, community
        FROM marketplace.trade_step WHERE action = 'accept' LIMIT 1""",
    ),
    Plant(
        "a reservation was paid from twice by one wish",
        "O3",
        """INSERT INTO ledger.reservation_move (reservation_id, version, state, account_id,
            transfer_id, held_minor, captured_minor, moved_at)
        SELECT reservation_id, version + 100, state, account_id, gen_random_uuid(), held_minor,
            captured_minor, moved_at
        FROM ledger.reservation_move WHERE captured_minor > 0 LIMIT 1""",
    ),
    Plant(
        "a capture is lost",
        "O3",
        """DELETE FROM ledger.reservation_move WHERE (reservation_id, version) = (
            SELECT reservation_id, version FROM ledger.reservation_move
            WHERE captured_minor > 0 LIMIT 1)""",
    ),
    Plant(
        "a reservation was let go twice",
        "O3",
        """INSERT INTO ledger.reservation_move (reservation_id, version, state, account_id,
            transfer_id, held_minor, captured_minor, moved_at)
        SELECT reservation_id, version + 100, state, account_id, gen_random_uuid(), held_minor,
            captured_minor, moved_at
        FROM ledger.reservation_move WHERE state = 'RELEASED' AND captured_minor = 0 LIMIT 1""",
    ),
    Plant(
        "a row of an import was written twice",
        "O3",
        """UPDATE marketplace.item SET version = version + 1
        WHERE id = (SELECT id FROM marketplace.item WHERE external_ref IS NOT NULL LIMIT 1)""",
    ),
    Plant(
        "a row of an import is lost",
        "O3",
        """DELETE FROM marketplace.item WHERE id = (
            SELECT id FROM marketplace.item WHERE external_ref IS NOT NULL LIMIT 1)""",
    ),
    Plant(
        "an event was said before the change and the change was not made",
        "O4",
        """INSERT INTO ledger.outbox (event_id, topic, key, part, headers, payload, published_at)
        VALUES (gen_random_uuid(), 'ledger.transfers.v1', gen_random_uuid()::text, 0, '{}', '',
            now())""",
    ),
    Plant(
        "an event was not sent",
        "O4",
        """UPDATE ledger.outbox SET published_at = NULL
        WHERE ctid = (SELECT ctid FROM ledger.outbox LIMIT 1)
        AND tableoid = (SELECT tableoid FROM ledger.outbox LIMIT 1)""",
    ),
    Plant(
        "a message was acknowledged and not handled",
        "O4",
        """DELETE FROM gateway.inbox WHERE event_id = (
            SELECT event_id FROM gateway.inbox WHERE outcome = 'PROCESSED' LIMIT 1)""",
    ),
    Plant(
        "a message was given up for another reason",
        "O4",
        "UPDATE gateway.dead_letter SET reason = 'the payload was not liked'",
    ),
    Plant(
        "messages of one key were handled in another order",
        "O5",
        """UPDATE gateway.inbox SET received_at = now() - interval '1 day'
        WHERE event_id = (SELECT event_id FROM marketplace.outbox
            WHERE topic = 'marketplace.trades.v1' AND key IN (
                SELECT key FROM marketplace.outbox WHERE topic = 'marketplace.trades.v1'
                GROUP BY key HAVING count(*) > 1)
            ORDER BY key, id DESC LIMIT 1)""",
    ),
    Plant(
        "a message was applied twice",
        "O6",
        """WITH again AS (SELECT * FROM gateway.live_event LIMIT 1), counted AS (
            UPDATE gateway.live_counter AS c SET last_seq = last_seq + 1 FROM again
            WHERE c.user_id = again.user_id RETURNING c.user_id, c.last_seq)
        INSERT INTO gateway.live_event (user_id, seq, event_id, type_name, data, occurred_at)
        SELECT user_id, last_seq, event_id, type_name, data, occurred_at
        FROM again INNER JOIN counted USING (user_id)""",
    ),
    Plant(
        "a compensation was made that nobody asked for",
        "O6",
        """UPDATE ledger.escrow SET state = 'REFUNDED', settled_by = funded_by, fee_minor = NULL
        WHERE id = (
            SELECT id FROM marketplace.trade WHERE state IN ('released', 'funded') LIMIT 1)""",
    ),
    Plant(
        "the index holds an older version",
        "O6",
        """UPDATE marketplace.item SET version = version + 1
        WHERE id = (SELECT id FROM marketplace.item WHERE status = 'active' LIMIT 1)""",
    ),
    Plant(
        "the index holds another text of the same version",
        "O6",
        """UPDATE marketplace.item SET description = description || ' and more'
        WHERE id = (SELECT id FROM marketplace.item WHERE status = 'active' LIMIT 1)""",
    ),
    Plant(
        "a sale was counted twice",
        "O6",
        """UPDATE marketplace.reputation SET sold = sold + 1 WHERE user_id = (
            SELECT user_id FROM marketplace.reputation WHERE sold > 0 LIMIT 1)""",
    ),
    Plant(
        "a reputation is lost",
        "O6",
        """DELETE FROM marketplace.reputation WHERE user_id = (
            SELECT user_id FROM marketplace.reputation WHERE bought > 0 LIMIT 1)""",
    ),
    Plant(
        "a rating was counted that nobody gave",
        "O6",
        """UPDATE marketplace.reputation SET stars_5 = stars_5 + 1 WHERE user_id = (
            SELECT user_id FROM marketplace.reputation LIMIT 1)""",
    ),
    Plant(
        "an item was counted twice in its category",
        "O6",
        """INSERT INTO marketplace.category_tally (community, category_id, delta)
        SELECT community, category_id, 1 FROM marketplace.category_tally LIMIT 1""",
    ),
    Plant(
        "a piece was sold twice",
        "O6",
        """UPDATE marketplace.item SET sold = sold + 1, quantity = quantity + 1 WHERE id = (
            SELECT id FROM marketplace.item WHERE status = 'sold' LIMIT 1)""",
    ),
    Plant(
        "a deed was worth more or less than its points",
        "O6",
        """UPDATE gateway.progress AS p
        SET points = p.points + wrong.by, points_of_day = p.points_of_day + wrong.by
        FROM (
            SELECT user_id, CASE WHEN points <= 195 THEN 5 ELSE -5 END AS by
            FROM gateway.progress LIMIT 1
        ) AS wrong
        WHERE p.user_id = wrong.user_id""",
    ),
    Plant(
        "somebody was told of what was never said",
        "O6",
        """UPDATE gateway.notification SET event_id = gen_random_uuid()
        WHERE id = (SELECT id FROM gateway.notification LIMIT 1)""",
    ),
    Plant(
        "one side was not told of a ruling",
        "O6",
        """DELETE FROM gateway.notification WHERE id = (
            SELECT id FROM gateway.notification WHERE kind = 'trade_ruled' LIMIT 1)""",
    ),
    Plant(
        "a member is not known",
        "O6",
        """DELETE FROM marketplace.member WHERE ctid = (
            SELECT ctid FROM marketplace.member LIMIT 1)""",
    ),
    Plant(
        "nobody answers for an issuance",
        "O7",
        """UPDATE ledger.transfer SET initiated_by = NULL WHERE id = (
            SELECT id FROM ledger.transfer WHERE kind = 'issuance' LIMIT 1)""",
    ),
    Plant(
        "an issuance is not in the audit log",
        "O7",
        """DELETE FROM ledger.audit_event WHERE id = (
            SELECT id FROM ledger.audit_event WHERE actor_id IS NOT NULL LIMIT 1)""",
    ),
    Plant(
        "a ruling is not in the audit log",
        "O7",
        """DELETE FROM marketplace.audit_event WHERE id = (
            SELECT id FROM marketplace.audit_event WHERE actor_id IS NOT NULL LIMIT 1)""",
    ),
    Plant(
        "an act is twice in the audit log",
        "O7",
        """INSERT INTO ledger.audit_event (id, action, actor_id, entity, entity_id, reason)
        SELECT gen_random_uuid(), action, actor_id, entity, entity_id, reason
        FROM ledger.audit_event WHERE actor_id IS NOT NULL LIMIT 1""",
    ),
    Plant(
        "an act is in the audit log that nobody did",
        "O7",
        """INSERT INTO search.audit_event (id, action, actor_id, entity, entity_id, reason)
        VALUES (gen_random_uuid(), 'index.rebuilt', gen_random_uuid(), 'index', 'items', 'why')""",
    ),
    Plant(
        "two accounts saw transfers in different orders",
        "serial",
        """WITH ends AS (
            SELECT account_id, min(account_seq) AS one, max(account_seq) AS other
            FROM ledger.entry
            WHERE account_id IN (SELECT id FROM ledger.account WHERE type = 'MAIN')
            GROUP BY account_id HAVING count(*) > 5 LIMIT 1
        ), swapped AS (
            SELECT e.account_id, e.account_seq, o.transfer_id, o.position
            FROM ends INNER JOIN ledger.entry AS e ON e.account_id = ends.account_id
                AND e.account_seq IN (ends.one, ends.other)
            INNER JOIN ledger.entry AS o ON o.account_id = ends.account_id
                AND o.account_seq = ends.one + ends.other - e.account_seq
        )
        UPDATE ledger.entry AS e SET transfer_id = s.transfer_id, position = s.position + 500
        FROM swapped AS s WHERE e.account_id = s.account_id AND e.account_seq = s.account_seq""",
    ),
)


@dataclass(frozen=True, slots=True)
class Change:
    """Something spoiled where an audit with connections of its own sees it, and mended after."""

    name: str
    remembered: str
    spoil: str
    mend: str


CHANGES: Final = (
    Change(
        "a leaf of the log was rewritten",
        "SELECT leaf_index, leaf_hash FROM ledger.transparency_leaf ORDER BY 1 DESC LIMIT 1",
        """UPDATE ledger.transparency_leaf SET leaf_hash = sha256(leaf_hash)
        WHERE leaf_index = $1""",
        "UPDATE ledger.transparency_leaf SET leaf_hash = $2 WHERE leaf_index = $1",
    ),
    Change(
        "an event of the ledger's audit log was changed",
        "SELECT id, address FROM ledger.audit_event LIMIT 1",
        "UPDATE ledger.audit_event SET address = '192.0.2.9' WHERE id = $1",
        "UPDATE ledger.audit_event SET address = $2 WHERE id = $1",
    ),
    Change(
        "an event of the marketplace's audit log was changed",
        "SELECT id, actor_id FROM marketplace.audit_event LIMIT 1",
        "UPDATE marketplace.audit_event SET actor_id = gen_random_uuid() WHERE id = $1",
        "UPDATE marketplace.audit_event SET actor_id = $2 WHERE id = $1",
    ),
)
