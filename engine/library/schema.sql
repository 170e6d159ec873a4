-- Version 4. Times are ISO 8601 in UTC, except content.taken_at, which is the camera's local time.
-- Paths are BLOBs (os.fsencode): not every file name is text.

CREATE TABLE folder (
    id           INTEGER PRIMARY KEY,
    path         BLOB    NOT NULL UNIQUE,
    state        TEXT    NOT NULL DEFAULT 'online' CHECK (state IN ('online', 'offline', 'paused')),
    added_at     TEXT    NOT NULL,
    full_scan_at TEXT,
    root_inode   INTEGER,                     -- of the root at the last full scan: a mount point left behind has another
    root_volume  INTEGER                      -- the file system it lay on then: another disk has another
) STRICT;

CREATE TABLE content (
    id         INTEGER PRIMARY KEY,
    digest     BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32),
    byte_size  INTEGER NOT NULL,
    format     TEXT,
    width      INTEGER,
    height     INTEGER,
    taken_at   TEXT,
    camera     TEXT,
    latitude   REAL,
    longitude  REAL,
    decoded_at TEXT,
    recognized_at TEXT,                       -- when its text was read, NULL where it was not
    pixel_digest  BLOB,                       -- NULL until it is decoded; equal where only metadata differs
    unheld_since  TEXT                        -- since when no photo row holds it, as far as was noticed
) STRICT;
CREATE INDEX content_pixels ON content (pixel_digest) WHERE pixel_digest IS NOT NULL;

CREATE TABLE photo (
    id            INTEGER PRIMARY KEY,
    folder        INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,
    path          BLOB    NOT NULL,           -- relative to the folder
    name          TEXT    NOT NULL,           -- for showing and searching
    directory     TEXT    NOT NULL,           -- likewise
    byte_size     INTEGER NOT NULL,
    mtime_ns      INTEGER NOT NULL,
    inode         INTEGER NOT NULL,
    content       INTEGER REFERENCES content, -- NULL until its digest is known
    missing_since TEXT,
    missing_from  TEXT,                       -- the root where it was last seen, "volume:inode"
    UNIQUE (folder, path)
) STRICT;
CREATE INDEX photo_content ON photo (content);
CREATE INDEX photo_missing ON photo (missing_since) WHERE missing_since IS NOT NULL;

-- What a changed file held before, until its new digest is known and its own captions have followed.
CREATE TABLE earlier_content (
    photo   INTEGER PRIMARY KEY REFERENCES photo ON DELETE CASCADE,
    content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    is_shared INTEGER NOT NULL DEFAULT 0      -- another photo held it as well
) STRICT;

CREATE TABLE model (
    id          INTEGER PRIMARY KEY,
    key         TEXT    NOT NULL,
    dim         INTEGER NOT NULL,
    fingerprint TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE embedding (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: the newest id tells whether a copy is up to date
    model   INTEGER NOT NULL REFERENCES model ON DELETE CASCADE,
    content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    vector  BLOB    NOT NULL,                 -- float32, little endian, unit length
    UNIQUE (content, model)
) STRICT;

CREATE TABLE caption (
    id       INTEGER PRIMARY KEY,
    content  INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    text     TEXT    NOT NULL CHECK (length(text) > 0),
    language TEXT,
    source   TEXT    NOT NULL
             CHECK (source IN ('exif', 'iptc', 'xmp', 'sidecar', 'imported', 'user', 'bank', 'ocr')),
    added_at TEXT    NOT NULL,
    UNIQUE (content, source, text)
) STRICT;

-- What was read from a photo, or beside it, and the user has removed or written anew: it is not read in again.
CREATE TABLE removed_caption (
    content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    text    TEXT    NOT NULL,
    PRIMARY KEY (content, text)
) STRICT, WITHOUT ROWID;

CREATE TABLE caption_embedding (
    id      INTEGER PRIMARY KEY,
    model   INTEGER NOT NULL REFERENCES model ON DELETE CASCADE,
    caption INTEGER NOT NULL REFERENCES caption ON DELETE CASCADE,
    text_fingerprint TEXT NOT NULL,           -- the text tower that made it: a learned mapping changes it
    vector  BLOB    NOT NULL,
    UNIQUE (caption, model, text_fingerprint)
) STRICT;

-- A text or XMP file beside a photo, as it was when its captions were last read.
CREATE TABLE sidecar (
    id        INTEGER PRIMARY KEY,
    folder    INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,
    path      BLOB    NOT NULL,               -- relative to the folder
    photo     INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE,
    content   INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    byte_size INTEGER NOT NULL,
    mtime_ns  INTEGER NOT NULL,
    UNIQUE (folder, path, photo)
) STRICT;
CREATE INDEX sidecar_photo ON sidecar (photo);
CREATE INDEX sidecar_content ON sidecar (content);

CREATE TABLE sidecar_caption (
    sidecar INTEGER NOT NULL REFERENCES sidecar ON DELETE CASCADE,
    caption INTEGER NOT NULL REFERENCES caption ON DELETE CASCADE,
    PRIMARY KEY (sidecar, caption)
) STRICT, WITHOUT ROWID;
CREATE INDEX sidecar_caption_caption ON sidecar_caption (caption);

CREATE TABLE issue (
    id        INTEGER PRIMARY KEY,
    folder    INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,
    path      BLOB    NOT NULL,               -- relative to the folder; may be a directory
    reason    TEXT    NOT NULL,
    detail    TEXT    NOT NULL DEFAULT '',
    seen_at   TEXT    NOT NULL,
    UNIQUE (folder, path)
) STRICT;

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE saved_search (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    query    TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;

CREATE TABLE search_history (
    id      INTEGER PRIMARY KEY,
    query   TEXT NOT NULL UNIQUE,
    used_at TEXT NOT NULL
) STRICT;

-- One row per photo, kept in step by the triggers below. Trigrams are safe inside Chinese words.
CREATE VIRTUAL TABLE text_index USING fts5 (name, directory, captions, ocr, tokenize = 'trigram');

CREATE VIEW content_text AS
SELECT content.id AS content,
       coalesce((SELECT group_concat(text, char(10)) FROM caption WHERE caption.content = content.id AND source != 'ocr'), '')
           AS captions,
       coalesce((SELECT group_concat(text, char(10)) FROM caption WHERE caption.content = content.id AND source = 'ocr'), '')
           AS ocr
  FROM content;

CREATE TRIGGER photo_text_insert AFTER INSERT ON photo BEGIN
    INSERT INTO text_index (rowid, name, directory, captions, ocr)
    VALUES (new.id, new.name, new.directory,
            coalesce((SELECT captions FROM content_text WHERE content = new.content), ''),
            coalesce((SELECT ocr FROM content_text WHERE content = new.content), ''));
END;
CREATE TRIGGER photo_text_update AFTER UPDATE OF name, directory, content ON photo BEGIN
    UPDATE text_index
       SET name = new.name, directory = new.directory,
           captions = coalesce((SELECT captions FROM content_text WHERE content = new.content), ''),
           ocr = coalesce((SELECT ocr FROM content_text WHERE content = new.content), '')
     WHERE rowid = new.id;
END;
CREATE TRIGGER photo_text_delete AFTER DELETE ON photo BEGIN
    DELETE FROM text_index WHERE rowid = old.id;
END;
CREATE TRIGGER caption_text_insert AFTER INSERT ON caption BEGIN
    UPDATE text_index
       SET (captions, ocr) = (SELECT captions, ocr FROM content_text WHERE content = new.content)
     WHERE rowid IN (SELECT id FROM photo WHERE content = new.content);
END;
CREATE TRIGGER caption_text_delete AFTER DELETE ON caption BEGIN
    UPDATE text_index
       SET (captions, ocr) = (SELECT captions, ocr FROM content_text WHERE content = old.content)
     WHERE rowid IN (SELECT id FROM photo WHERE content = old.content);
END;
CREATE TRIGGER caption_text_update AFTER UPDATE OF text ON caption BEGIN
    UPDATE text_index
       SET (captions, ocr) = (SELECT captions, ocr FROM content_text WHERE content = new.content)
     WHERE rowid IN (SELECT id FROM photo WHERE content = new.content);
END;
