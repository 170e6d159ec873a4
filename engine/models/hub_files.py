"""Of all the files that a model has on the hub, those that Balloon can use: never a pickle, never code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence

_SETTINGS = frozenset({
    "config.json", "preprocessor_config.json", "processor_config.json", "README.md", "tokenizer.json",
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
    "spiece.model", "sentencepiece.bpe.model", "tokenizer.model",
})  # fmt: skip
_IMMICH = frozenset({"visual/model.onnx", "textual/model.onnx"})
_TRANSFORMERS_JS = frozenset({"onnx/vision_model.onnx", "onnx/text_model.onnx"})
_OTHER_CHIPS = (".armnn", ".rknn", ".tflite", ".mlmodel")
_WEIGHTS = re.compile(r"model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json")


def choose_files(names: Sequence[str], repository: str, *, checkpoints: bool) -> set[str]:
    """The files to fetch; ``checkpoints``: weights of PyTorch can be converted here, and then they come first.

    Raises ``KnownError`` (BAD_FILE, EXTRA_MISSING) for a model without usable files.
    """
    settings = {name for name in names if name in _SETTINGS}
    if set(names) >= _IMMICH:
        # Beside a graph lie weights that were too many for one file, under any name, and copies for other chips.
        beside = {name for name in names if re.fullmatch(r"(visual|textual)/[^/]+", name)}
        return settings | {name for name in beside if not name.endswith(_OTHER_CHIPS)}
    weights = {name for name in names if _WEIGHTS.fullmatch(name)}
    graphs = {name for name in names if re.fullmatch(r"onnx/(vision|text)_model\.onnx([._]data.*)?", name)}
    if weights and (checkpoints or not graphs >= _TRANSFORMERS_JS):
        if not checkpoints:
            raise KnownError(
                ErrorKind.EXTRA_MISSING,
                f"{repository} is a checkpoint of PyTorch. Converting it needs the extra 'models'. Install it: "
                "pip install 'balloon-photos[models]'",
            )
        return settings | weights
    if graphs >= _TRANSFORMERS_JS:
        return settings | graphs
    if any(name.endswith((".bin", ".pt", ".pth", ".ckpt")) for name in names):
        why = "its weights are a pickle, which could run anything; look for one with .safetensors or ONNX files"
    else:
        why = "it has neither .safetensors nor ONNX files of two towers"
    raise KnownError(ErrorKind.BAD_FILE, f"{repository} cannot be imported: {why}.")
