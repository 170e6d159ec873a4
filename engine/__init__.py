"""Balloon's engine: everything between a folder of photos and a hit, without a window.

The road a photo takes: ``indexing.scanner`` sees what changed on disk, ``indexing.indexer`` reads each new file's
digest, ``imaging.pool`` decodes it in a worker process, ``models.encoder`` makes it a vector and ``library`` stores
all of that in one transaction. The road a query takes: ``search.retrieval`` encodes the words, compares them with every
vector and returns hits. ``api.Engine`` is the one door to both; ``cli`` and ``server`` stand in front of it.
"""
