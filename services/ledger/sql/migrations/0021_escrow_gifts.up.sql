-- An escrow can be funded with gift credits, in part or whole; what goes back to them goes back into the gifts it came from.

ALTER TABLE escrow
ADD COLUMN gift_minor numeric(38, 0) NOT NULL DEFAULT 0,
ADD CONSTRAINT escrow_gift_in_range CHECK (gift_minor BETWEEN 0 AND coalesce(amount_minor, 0));

COMMENT ON COLUMN escrow.gift_minor IS
'What of the amount came out of the payer''s gifts. Of a refund the other money goes back first.';

-- Which gifts may come back out of an escrow is asked when their giver closes an account.
CREATE INDEX escrow_holds_gifts ON escrow (funded_by) WHERE state = 'FUNDED' AND gift_minor > 0;

GRANT UPDATE (gift_minor) ON escrow TO ledger;
