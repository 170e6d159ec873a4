"""The facade: ``Engine`` is the one door to everything Balloon can do.

``parts`` holds what one thread works with (its connection, and the encoder and hot matrix it shares with others);
``engine`` lists the requests, one typed method each, and hands them to the modules that know: ``searching``,
``captioning``, ``showing``, ``caption_exchange`` (captions files in and out, with ``photo_matching`` and
``caption_export``).
"""

from engine.api.engine import Engine

__all__ = ["Engine"]
