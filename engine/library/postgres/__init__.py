"""A library that several machines share: the same tables in PostgreSQL, with pgvector and pg_trgm (extra ``cluster``).

``address`` reads ``postgresql://...``, ``connection`` speaks the shared SQL, ``schema`` makes the tables from the very
schema of the SQLite library, ``nearness`` and ``text_index`` search inside the database, ``lock`` admits one writer,
``sharing`` gives rights to readers and writers. Nothing of it is imported where the library is a folder.
"""
