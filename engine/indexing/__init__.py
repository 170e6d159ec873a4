"""Indexing: bringing the library up to date with what lies on disk.

``scanner`` walks a folder and compares it with the rows the library has: a pure difference of added, changed, moved
and missing files. ``indexer`` writes that difference, then works off what is pending in overlapping steps: reader
threads take ``digests``, decode workers (``engine.imaging.pool``) make pixels and thumbnails, the encoder makes
vectors, and one thread, the owner of the writer connection, stores them in batches. Then ``sidecars`` reads the texts
that lie beside photos, and ``caption_vectors`` encodes every caption that is new. ``watcher`` says when a folder is
worth another scan.

Captions also come and go as files of their own: ``caption_files`` reads them, with ``caption_columns`` to tell what is
what and ``plain_text`` to tell how it is encoded, and ``caption_writing`` writes them.
"""
