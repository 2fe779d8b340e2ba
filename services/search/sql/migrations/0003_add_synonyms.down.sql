-- Takes away what operators wrote; the shipped rules hold again.

DROP TABLE synonym_change;
DROP TABLE synonym_stand;
DROP TABLE synonym_rule CASCADE;
