-- What an item shows: its READY images in order, with what a page needs to lay them out before they are there.
CREATE OR REPLACE FUNCTION item_images(shown_item_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
SELECT coalesce(
    jsonb_agg(
        jsonb_build_object(
            'id', image.id, 'hash', image.hash, 'color', image.color, 'width', image.width,
            'height', image.height
        ) ORDER BY item_image.position
    ),
    '[]'
)
FROM item_image INNER JOIN image ON item_image.image_id = image.id
WHERE item_image.item_id = shown_item_id AND image.state = 'READY'
$$;
