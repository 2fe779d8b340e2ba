-- Forgets who was checked.

ALTER TABLE compliance_check DROP CONSTRAINT compliance_check_override;
DROP TABLE compliance_override;
DROP TABLE compliance_check;
DROP TABLE compliance_standing;
