-- Takes away the limits of issuance and what was asked for; what was made stays.

DROP TABLE issuance_request;
DROP TABLE issuance_limit;
