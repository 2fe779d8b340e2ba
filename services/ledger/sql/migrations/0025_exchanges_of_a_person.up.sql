-- What a person has exchanged is found from their accounts.

CREATE INDEX exchange_of_account ON exchange (from_account, transfer_id);
