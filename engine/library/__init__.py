"""The library: one SQLite file that remembers every folder, photo, vector and caption. The only home of SQL.

``database.Database`` opens the file (one writer, any number of readers), ``migrations`` brings an older file up to date
after copying it. A scan writes ``photos``; a digest turns a photo into a *content* (distinct bytes), and everything
that costs work hangs on the content: facts, ``captions``, ``embeddings``, thumbnails. So a moved or copied photo costs
one row. There is no work queue: what is pending is a query, so a killed engine has nothing to tidy up.
"""
