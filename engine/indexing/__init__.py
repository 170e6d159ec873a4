"""Indexing: bringing the library up to date with what lies on disk.

``scanner`` walks a folder and compares it with the rows the library has: a pure difference of added, changed, moved
and missing files. ``indexer`` writes that difference, then works off what is pending in overlapping steps: reader
threads take ``digests``, decode workers (``engine.imaging.pool``) make pixels and thumbnails, the encoder makes
vectors, and one thread, the owner of the writer connection, stores them in batches. ``watcher`` says when a folder
is worth another scan.
"""
