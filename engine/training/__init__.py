"""Learning the embedded model, and learning a user's own field (needs the extra ``models``: torch, transformers).

The way of balloon-mini, all of it run by the one command in ``mini``: ``data`` reads the pack of photos and sentences;
``features`` gives frozen vectors of pretrained backbones; ``views`` and ``image_tuning`` fine-tune the late stages of
the ``image_tower``; ``vocabulary`` and ``text_tower`` make the bilingual text tower, ``distillation`` teaches it and
``text_tuning`` trains it with its mapping; ``packaging`` and ``publishing`` write the ONNX package. ``workshop`` holds
what the ``stages`` leave behind. The way of a user's own captions is ``captions_file`` and ``custom``.

``mapping``, ``losses``, ``similarity`` and ``fusion`` are the parts of the method, ``trainer`` and ``evaluation`` train
and compare them on the same vectors. Nothing in the running program imports this package except behind one lazy border.
"""
