-- Items no longer say which images they show; the images stay on them.

ALTER TABLE item DROP COLUMN images;
