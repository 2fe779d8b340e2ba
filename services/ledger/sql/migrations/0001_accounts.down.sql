-- Takes away accounts and assets.

DROP TABLE account;
DROP TABLE asset;
