"""Models: encoder pairs that turn photos and texts into vectors of one space.

A model lives in a *model package* (``package``: a folder with a card, two ONNX towers and a tokenizer). ``catalog``
finds the packages on this computer, ``session`` runs one graph in ONNX Runtime and knows who really ran it,
``tokenizer`` turns texts into ids, and ``encoder.Encoder`` puts them together: pixels or texts in, unit vectors out.
``recall`` says how good a model is.

Photos go through ``image_runner``: ``accelerators`` says what may work here, ``probing`` tries it in a process of its
own against the CPU's vectors, ``batching`` finds out how many at once; what fails later is left for the CPU.

A new model comes by ``installing``: from a folder, from the ``catalogue``, or from the ``hub`` (``hub_files`` says what
of it). ``importing`` reads ready-made ONNX folders (``layouts``), or has a checkpoint (``checkpoints``) converted by
``exporting``, which runs in a process of its own (``export_process``) and compares with PyTorch (``parity``).
``packing`` makes the package, ``precision`` its narrower copies, ``trying`` tries it before it is put in its place.
"""
