-- An item says itself which images it shows, so that whoever reads or tells of it needs no other table.

ALTER TABLE item ADD COLUMN images jsonb NOT NULL DEFAULT '[]'
CONSTRAINT item_images_bounded CHECK (
    jsonb_typeof(images) = 'array' AND jsonb_array_length(images) <= 10
);

COMMENT ON COLUMN item.images IS
'Its READY images in order, as item_images() says; held to it at commit.';

GRANT UPDATE (images) ON item TO marketplace;
