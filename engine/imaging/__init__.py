"""From a file on disk to pixels, facts and a thumbnail, without trusting the file.

The story of a decode: the engine puts a ``DecodeJob`` into the ``pool``, which writes it on the pipe of a ``worker``: a
spawned process, niced, limited in memory, shut off by its ``sandbox``, with nothing of the engine loaded but this
package. There ``formats`` tells what the file is from its first bytes; ``decoding`` refuses what is too large before
anything is decoded, decodes (RAW files through ``raw``), and lets ``colour`` bring any mode and colour profile to sRGB
on white. ``metadata`` and ``metadata_captions`` read when, where and with what the photo was taken and what people
wrote into it. ``preprocess`` makes the squares that the image towers take, and ``thumbnails`` a small JPEG.

All of it goes back through ``answers``: lengths, JSON and raw pixels, never a pickle, checked field by field, because
the photo may have taken over the worker. A ``PhotoError`` comes back as ``Failed``; a worker that crashes, hangs or
talks nonsense is replaced (``worker_process``), and only the photo it was decoding has failed. The engine, not the
worker, then writes the thumbnail into the ``ThumbnailStore``: a worker may not write files at all. ``previews`` keeps
the large pictures that the viewer asks for, as many as a limit holds.
"""
