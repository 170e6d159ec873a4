"""Indexing on many machines: Ray Data carries photos from a storage through decoding and encoding (extra ``cluster``).

``indexer.ClusterIndexer`` lists what is pending, page by page, and ``feeding`` has it done. ``stages`` run on the
cluster: one reads a file, takes its digest and decodes it in the same sandboxed pool as everywhere, the other encodes
batches. Ray gives work again that a dead worker held. ``committing`` is done by the one process that holds the writer
lock, a transaction a batch: what the library has already is passed over, so work that came twice is stored once.
``storage`` reads what fsspec can reach, ``rays`` is the one door to Ray. Nothing of it is imported unless ``--on`` is
given.
"""
