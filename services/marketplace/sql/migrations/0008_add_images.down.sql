-- Takes the images away; what they have in object storage is for whoever steps back to remove.

DROP TABLE image_sweep;
DROP TABLE image_waste;
DROP TABLE item_image;
DROP TABLE image;
DROP TABLE image_upload;
DROP TABLE image_quota;
