"""Searching: from what a person asks to photos in order, each with what it is worth.

``retrieval.Retriever`` is the road: a text or a photo becomes a vector (``engine.models.encoder``),
``vectors.HotMatrix`` finds the nearest contents by cosine, the library tells which photos hold them, and ``confidence``
says whether that is a match, possible, or nothing. ``similarity`` holds the measures themselves.
"""
