-- Forgets the personal data of everybody.

DROP TABLE vault_field;
DROP TABLE vault_key;
DROP TABLE vault_rule;
