"""Models: encoder pairs that turn photos and texts into vectors of one space.

A model lives in a *model package* (``package``: a folder with a card, two ONNX towers and a tokenizer). ``catalog``
finds the packages on this computer, ``session`` runs a tower in ONNX Runtime on the provider that really works,
``tokenizer`` turns texts into ids, and ``encoder.Encoder`` puts them together: pixels or texts in, unit vectors out.
``recall`` says how good a model is. ``layouts`` reads ready-made ONNX folders of other programs and ``importing`` makes
packages of them.
"""
