"""A checkpoint's tokenizer as one ``tokenizer.json``, proven to cut texts into the very tokens of the original.

Belongs to ``exporting``: it is handed transformers' tokenizer and runs where that does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from engine.errors import KnownError
from engine.models.layouts import refused
from engine.models.package import Cleaning, TextTower
from engine.models.tokenizer import TextTokenizer
from engine.models.trials import TEXTS

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER_FILE = "tokenizer.json"


def write_tokenizer(original: Any, source: Path, target: Path, tower: TextTower) -> Cleaning:
    """Write ``target`` / tokenizer.json and find how texts have to be cleaned before it.

    Raises ``KnownError`` (BAD_FILE) naming the text that is cut otherwise than by ``original``.
    """
    backend = original.backend_tokenizer if hasattr(original, "backend_tokenizer") else _from_sentencepiece(original)
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(target / TOKENIZER_FILE))
    expected = [own_tokens(original, text, tower.max_length) for text in TEXTS]
    wrong = ""
    for cleaning in ("none", *(way for way in get_args(Cleaning) if way != "none")):
        wrong = _first_difference(target, tower, cleaning, expected)
        if not wrong:
            return cleaning  # type: ignore[no-any-return]  # get_args loses the literal
    raise refused(source, f"its tokenizer cannot be followed: {wrong[:40]!r} is cut into other tokens")


def own_tokens(original: Any, text: str, max_length: int) -> list[int]:
    """The ids that the checkpoint's own tokenizer gives a text, without padding."""
    return [int(number) for number in original(text, truncation=True, max_length=max_length)["input_ids"]]


def _first_difference(folder: Path, tower: TextTower, cleaning: Cleaning, expected: list[list[int]]) -> str:
    try:
        tokenizer = TextTokenizer(folder, tower.cleaned(cleaning))
    except KnownError:
        return TEXTS[0]
    for text, ids in zip(TEXTS, expected, strict=True):
        found, mask = tokenizer.encode([text])
        if found[0][mask[0] == 1].tolist() != ids:
            return text
    return ""


def _from_sentencepiece(original: Any) -> Any:
    """The same pieces and scores in the form of the ``tokenizers`` library, with the end token after each text."""
    from tokenizers import processors
    from transformers.convert_slow_tokenizer import SpmConverter, import_protobuf

    proto: Any = import_protobuf().ModelProto()
    proto.ParseFromString(original.sp_model.serialized_model_proto())
    pieces: Any = [(piece.piece, piece.score) for piece in proto.pieces]
    if proto.trainer_spec.model_type != proto.trainer_spec.UNIGRAM:
        pieces = {piece: number for number, (piece, _) in enumerate(pieces)}
    built: Any = SpmConverter.build_tokenizer_from_spm_proto(proto, pieces)
    end = original.eos_token
    built.add_special_tokens([original.pad_token, end])
    built.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", pair=f"$A {end} $B {end}", special_tokens=[(end, original.eos_token_id)]
    )
    return built
