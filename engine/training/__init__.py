"""Learning the embedded model, and learning a user's own field (needs the extra ``models``: torch, transformers).

The way of balloon-mini: ``data`` reads the pack of photos and sentences; ``features`` gives frozen vectors of pretrained
backbones; ``vocabulary`` and ``text_tower`` make the bilingual text tower, taught by ``distillation``; ``image_tower`` is
the CNN with its last stages open; ``alignment`` trains both towers together; ``packaging`` writes the ONNX package, and
``mini`` runs all of it with one command. The way of a user's own captions is ``captions_file`` and ``custom``.

``mapping``, ``losses``, ``similarity`` and ``fusion`` are the parts of the method, ``trainer`` and ``evaluation`` train
and compare them on the same vectors. Nothing in the running program imports this package except behind one lazy border.
"""
