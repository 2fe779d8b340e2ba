-- Takes away groups of accounts with their history.

DROP TABLE account_group_member;
DROP TABLE account_group;
