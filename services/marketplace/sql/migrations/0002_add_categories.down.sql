-- Takes the tree away; nothing refers to it once the items are gone.

DROP TABLE category;
