"""Searching: from what a person asks to photos in order, each with what it is worth.

``retrieval.Retriever`` is the road: a text or a photo becomes a vector (``engine.models.encoder``; ``expansion`` helps
a text of one or two words), ``vectors`` find the nearest contents by cosine, the library tells which photos hold them,
and ``confidence`` says whether that is a match, possible, or nothing. ``reranking`` puts the first hits in a better
order afterwards, ``captioning`` goes from a photo to texts. ``similarity`` holds the measures themselves.
"""
