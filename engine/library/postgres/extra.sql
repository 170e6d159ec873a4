-- What the SQLite schema says in SQLite's own way, said for PostgreSQL. The tables come from engine/library/schema.sql.

CREATE TABLE library_version (
    version BIGINT NOT NULL
);

-- Thumbnails are shared as well: the machine that searches need not reach the photos.
CREATE TABLE thumbnail (
    digest BYTEA PRIMARY KEY REFERENCES content (digest) ON DELETE CASCADE,
    jpeg   BYTEA NOT NULL
);
ALTER TABLE thumbnail ALTER COLUMN jpeg SET STORAGE EXTERNAL; -- a JPEG does not get smaller

CREATE INDEX embedding_model ON embedding (model, id);

-- The one function of SQLite that the shared SQL uses: seconds since 1970 as ISO 8601 in the session's time zone.
CREATE FUNCTION strftime(TEXT, BIGINT, TEXT, TEXT) RETURNS TEXT LANGUAGE sql STABLE AS
$$ SELECT to_char(to_timestamp($2), 'YYYY-MM-DD"T"HH24:MI:SS') COLLATE "C" $$;

-- One row per photo, kept in step by the triggers below. ``tokens`` counts trigrams as SQLite's tokenizer does.
CREATE TABLE text_index (
    rowid     BIGINT PRIMARY KEY REFERENCES photo ON DELETE CASCADE,
    name      TEXT NOT NULL,
    directory TEXT NOT NULL,
    captions  TEXT NOT NULL,
    ocr       TEXT NOT NULL,
    everything TEXT GENERATED ALWAYS AS (
        lower(captions || chr(10) || ocr || chr(10) || name || chr(10) || directory)) STORED,
    tokens    INTEGER GENERATED ALWAYS AS (
        greatest(length(name) - 2, 0) + greatest(length(directory) - 2, 0)
        + greatest(length(captions) - 2, 0) + greatest(length(ocr) - 2, 0)) STORED
);
CREATE INDEX text_index_trigrams ON text_index USING gin (everything gin_trgm_ops);

CREATE VIEW content_text AS
SELECT content.id AS content,
       coalesce((SELECT string_agg(text, chr(10) ORDER BY id) FROM caption
                  WHERE caption.content = content.id AND source != 'ocr'), '') AS captions,
       coalesce((SELECT string_agg(text, chr(10) ORDER BY id) FROM caption
                  WHERE caption.content = content.id AND source = 'ocr'), '') AS ocr
  FROM content;

CREATE FUNCTION index_photo_text() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_index (rowid, name, directory, captions, ocr)
    VALUES (new.id, new.name, new.directory,
            coalesce((SELECT captions FROM content_text WHERE content = new.content), ''),
            coalesce((SELECT ocr FROM content_text WHERE content = new.content), ''))
    ON CONFLICT (rowid) DO UPDATE SET name = excluded.name, directory = excluded.directory,
                                      captions = excluded.captions, ocr = excluded.ocr
        WHERE (text_index.name, text_index.directory, text_index.captions, text_index.ocr)
           IS DISTINCT FROM (excluded.name, excluded.directory, excluded.captions, excluded.ocr);
    RETURN NULL;
END $$;
CREATE TRIGGER photo_text AFTER INSERT OR UPDATE OF name, directory, content ON photo
    FOR EACH ROW EXECUTE FUNCTION index_photo_text();

CREATE FUNCTION index_caption_text() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE text_index SET captions = found.captions, ocr = found.ocr
      FROM photo JOIN content_text AS found ON found.content = photo.content
     WHERE text_index.rowid = photo.id
       AND photo.content IN (CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE old.content END,
                             CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE new.content END);
    RETURN NULL;
END $$;
CREATE TRIGGER caption_text AFTER INSERT OR DELETE OR UPDATE OF text, content ON caption
    FOR EACH ROW EXECUTE FUNCTION index_caption_text();

-- Links of a node, and how widely they are looked for. In a sparse graph of a million a search misses one in twelve of the
-- nearest, however widely it looks; a dense one takes about twice as long to build (docs/scale.md).
CREATE FUNCTION graph_of(vectors BIGINT) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT CASE WHEN vectors < 200000 THEN 'm = 16, ef_construction = 64' ELSE 'm = 32, ef_construction = 100' END
$$;

-- A model's vectors get their HNSW index once they are many: below that looking at all of them is exact and fast. It runs
-- with the owner's rights, so that a writer may call it.
CREATE FUNCTION index_vectors(wanted BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = balloon, public, pg_temp AS $$
DECLARE
    dimensions BIGINT;
    index_name TEXT := format('embedding_hnsw_%s', wanted);
BEGIN
    IF to_regclass(format('balloon.%I', index_name)) IS NOT NULL THEN
        RETURN TRUE;
    END IF;
    SELECT dim INTO dimensions FROM model WHERE id = wanted;
    IF dimensions IS NULL OR dimensions > 4000
       OR (SELECT count(*) FROM (SELECT 1 FROM embedding WHERE model = wanted LIMIT 2000) AS part) < 2000 THEN
        RETURN FALSE;
    END IF;
    EXECUTE format(
        'CREATE INDEX %I ON embedding USING hnsw ((vector::halfvec(%s)) halfvec_ip_ops) WITH (%s) WHERE model = %s',
        index_name, dimensions, graph_of((SELECT count(*) FROM embedding WHERE model = wanted)), wanted);
    ANALYZE embedding;
    RETURN TRUE;
END $$;
REVOKE ALL ON FUNCTION index_vectors(BIGINT) FROM PUBLIC;
