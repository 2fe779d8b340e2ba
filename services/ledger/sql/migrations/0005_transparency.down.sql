-- Takes away the transparency log; its signing key must not sign again under the same name.

DROP TABLE transparency_copy;
DROP TABLE transparency_key;
DROP TABLE transparency_checkpoint;
DROP TABLE transparency_node;
DROP TABLE transparency_leaf;
DROP TABLE transparency_pending;
