"""What old programs write of products, kept in the columns and the table that took the old ones' place."""

# What only StoFlow writes is left alone: these change with the columns that they came from.
KEEP_PRODUCT = r"""
CREATE FUNCTION {s}.keep_product() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    carried boolean := pg_catalog.current_setting('stoflow.carrying', true) = 'on';
BEGIN
    IF carried OR TG_OP = 'INSERT' AND NEW.size IS NULL OR TG_OP = 'UPDATE' AND
        (NEW.size_original, NEW.size_normalized) IS DISTINCT FROM (OLD.size_original, OLD.size_normalized) THEN
        NEW.size := coalesce(NEW.size_original, NEW.size_normalized);
    END IF;
    IF carried OR TG_OP = 'INSERT' AND NEW.colors = '{}' OR TG_OP = 'UPDATE' AND NEW.color IS DISTINCT FROM OLD.color
    THEN
        NEW.colors := array_remove(regexp_split_to_array(coalesce(NEW.color, ''), '\s*[,;/]\s*'), '');
    END IF;
    IF carried OR TG_OP = 'INSERT' AND NEW.materials = '{}'
        OR TG_OP = 'UPDATE' AND NEW.material IS DISTINCT FROM OLD.material THEN
        NEW.materials := array_remove(regexp_split_to_array(coalesce(NEW.material, ''), '\s*[,;/]\s*'), '');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_product BEFORE INSERT OR UPDATE ON {s}.products
FOR EACH ROW EXECUTE FUNCTION {s}.keep_product()
"""

# A photo was a plain path or an object naming it.
KEEP_PHOTOS = """
CREATE FUNCTION {s}.keep_photos() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.images IS NULL OR TG_OP = 'UPDATE' AND NEW.images IS NOT DISTINCT FROM OLD.images
        AND pg_catalog.current_setting('stoflow.carrying', true) IS DISTINCT FROM 'on' THEN
        RETURN NULL;
    END IF;
    DELETE FROM {s}.product_images WHERE product_id = NEW.id;
    INSERT INTO {s}.product_images (product_id, position, path)
    SELECT NEW.id, row_number() OVER (ORDER BY nr), path
    FROM (
        SELECT image.nr, CASE jsonb_typeof(image.value)
            WHEN 'string' THEN image.value #>> '{}'
            ELSE coalesce(image.value ->> 'path', image.value ->> 'url') END AS path
        FROM jsonb_array_elements(CASE jsonb_typeof(NEW.images) WHEN 'array' THEN NEW.images ELSE '[]' END)
            WITH ORDINALITY AS image (value, nr)
    ) AS found
    WHERE path IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_photos AFTER INSERT OR UPDATE OF images ON {s}.products
FOR EACH ROW EXECUTE FUNCTION {s}.keep_photos()
"""
