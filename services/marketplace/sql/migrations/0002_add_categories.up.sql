-- A tree of categories, each with its path from the root, so that a subtree is one range.

CREATE TABLE category (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    parent_id uuid REFERENCES category (id),
    slug_path text NOT NULL
    CONSTRAINT category_slug_path_formed CHECK (
        length(slug_path) <= 320 AND slug_path ~ '^[^/[:space:]]+(/[^/[:space:]]+){0,4}$'
    ),
    name text NOT NULL
    CONSTRAINT category_name_bounded CHECK (length(name) BETWEEN 1 AND 60),
    names text [] NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT category_slug_path_once UNIQUE (slug_path),
    CONSTRAINT category_names_end_in_name CHECK (names [cardinality(names)] = name),
    CONSTRAINT category_depth_agrees CHECK (
        cardinality(names) = cardinality(string_to_array(slug_path, '/'))
        AND (cardinality(names) = 1) = (parent_id IS NULL)
    )
);

CREATE INDEX category_parent ON category (parent_id);

INSERT INTO category (slug_path, name, names)
SELECT
    slug,
    name,
    ARRAY[name]
FROM (
    VALUES
    ('home-garden', 'Home & Garden'),
    ('food-drink', 'Food & Drink'),
    ('beauty-hygiene', 'Beauty & Hygiene'),
    ('clothing', 'Clothing'),
    ('electronics', 'Electronics'),
    ('sports-leisure', 'Sports & Leisure'),
    ('books-media', 'Books & Media'),
    ('children', 'Children'),
    ('tools', 'Tools'),
    ('services', 'Services'),
    ('other', 'Other')
) AS root (slug, name);

INSERT INTO category (parent_id, slug_path, name, names)
SELECT
    parent.id,
    parent.slug_path || '/' || child.slug,
    child.name,
    parent.names || child.name
FROM (
    VALUES
    ('home-garden', 'furniture', 'Furniture'),
    ('home-garden', 'kitchen', 'Kitchen'),
    ('home-garden', 'plants-seeds', 'Plants & Seeds'),
    ('food-drink', 'fruit-vegetables', 'Fruit & Vegetables'),
    ('food-drink', 'preserves', 'Preserves'),
    ('sports-leisure', 'bicycles', 'Bicycles'),
    ('sports-leisure', 'outdoor', 'Outdoor'),
    ('children', 'toys', 'Toys'),
    ('children', 'clothes', 'Clothes'),
    ('services', 'repairs', 'Repairs'),
    ('services', 'lessons', 'Lessons'),
    ('services', 'care', 'Care'),
    ('services', 'transport', 'Transport')
) AS child (parent, slug, name)
INNER JOIN category AS parent ON child.parent = parent.slug_path;

GRANT SELECT, INSERT ON category TO marketplace;
GRANT SELECT ON category TO localex_analytics;
