-- Takes away statements, lines and what was decided about them.

DROP TABLE write_off_proposal;
DROP TABLE reconciliation_item;
DROP TABLE reconciliation_decision;
DROP TABLE reconciliation_run;
DROP TABLE bank_statement;
DROP TABLE reconciliation_setup;
DROP TABLE reconciled_account;
