"""Writes tiny checkpoints of every family with random weights, as transformers' ``save_pretrained`` lays them down."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE, PATCH, WIDTH, LENGTH = 32, 8, 32, 24
CHINESE = "海上的红气球一只猫坐在沙发。很长句子草地狗街道没有车"
LETTERS = "abcdefghijklmnopqrstuvwxyz"

_TOWER = {
    "hidden_size": WIDTH, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4,
}  # fmt: skip
_VISION = _TOWER | {"image_size": SIZE, "patch_size": PATCH}


def _library() -> Any:
    """transformers, whose types say little that holds."""
    return importlib.import_module("transformers")


def _byte_letters() -> list[str]:
    """The characters that stand for the 256 bytes in byte-level BPE."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(256 - len(plain))]


def clip_tokenizer() -> Any:
    """CLIP's byte-level BPE with two words merged."""
    letters = _byte_letters()
    merges = ["r e", "re d</w>", "s e", "se a</w>"]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *(merge.replace(" ", "") for merge in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: number for number, token in enumerate(tokens)}
    return _library().CLIPTokenizer(vocab=vocab, merges=[tuple(m.split()) for m in merges], model_max_length=LENGTH)


def bert_tokenizer() -> Any:
    """BERT's WordPiece: letters, and Chinese characters one by one."""
    pieces = ["red", "balloon", *LETTERS, *(f"##{letter}" for letter in LETTERS), *dict.fromkeys(CHINESE), *",.?:'"]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    return _library().BertTokenizer(
        vocab={token: number for number, token in enumerate(tokens)}, model_max_length=LENGTH
    )


def xlmr_tokenizer() -> Any:
    """XLM-R's unigram pieces, as AltCLIP and MetaCLIP 2 use them."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = ["▁", "▁red", "▁balloon", "▁a", *LETTERS, *dict.fromkeys(CHINESE), *",.?:'", "<mask>"]
    vocab = [(token, 0.0) for token in special] + [(piece, -float(number)) for number, piece in enumerate(pieces, 1)]
    return _library().XLMRobertaTokenizer(vocab=vocab, model_max_length=LENGTH)


def gemma_tokenizer() -> Any:
    """SigLIP 2's: Gemma's BPE with bytes to fall back on, in lower case."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    merges = [("r", "e"), ("re", "d"), ("▁", "red")]
    tokens = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *LETTERS, "re", "red", "▁red"]
    vocab = {token: number for number, token in enumerate(tokens)}
    return _library().Siglip2Tokenizer(vocab=vocab, merges=merges, model_max_length=LENGTH, add_eos_token=True)


def siglip_tokenizer(folder: Path) -> Any:
    """SigLIP's: a SentencePiece model, with punctuation taken away before it."""
    import sentencepiece

    lines = ["a red balloon over the sea", "two dogs and a cat who is there", "very long long sentence", CHINESE]
    place = folder / "spiece"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 20), model_prefix=str(place), vocab_size=75, model_type="unigram",
        character_coverage=1.0, pad_id=1, eos_id=2, unk_id=0, bos_id=-1, pad_piece="<pad>", hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    return _library().SiglipTokenizer(f"{place}.model", model_max_length=LENGTH, do_lower_case=True)


def _save(folder: Path, model: Any, tokenizer: Any, processor: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part in (model, tokenizer, processor):
        part.save_pretrained(folder)
    return folder


def _clip_processor(**settings: Any) -> Any:
    return _library().CLIPImageProcessorPil(
        **{"size": {"shortest_edge": SIZE}, "crop_size": {"height": SIZE, "width": SIZE}, **settings}
    )


def write_clip(folder: Path) -> Path:
    tokenizer = clip_tokenizer()
    text = _TOWER | {
        "vocab_size": len(tokenizer), "max_position_embeddings": LENGTH, "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id, "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    config = _library().CLIPConfig(text_config=text, vision_config=_VISION, projection_dim=16)
    return _save(folder, _library().CLIPModel(config), tokenizer, _clip_processor())


def write_metaclip(folder: Path) -> Path:
    tokenizer = xlmr_tokenizer()
    text = _TOWER | {
        "vocab_size": len(tokenizer), "max_position_embeddings": LENGTH, "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id, "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    config = _library().MetaClip2Config(text_config=text, vision_config=_VISION, projection_dim=16)
    return _save(folder, _library().MetaClip2Model(config), tokenizer, _clip_processor())


def write_siglip(folder: Path) -> Path:
    folder.mkdir(parents=True)
    tokenizer = siglip_tokenizer(folder)
    text = _TOWER | {"vocab_size": len(tokenizer), "max_position_embeddings": LENGTH, "projection_size": WIDTH}
    config = _library().SiglipConfig(text_config=text, vision_config=_VISION)
    processor = _library().SiglipImageProcessorPil(size={"height": SIZE, "width": SIZE})
    return _save(folder, _library().SiglipModel(config), tokenizer, processor)


def write_siglip2(folder: Path) -> Path:
    """The kind with a fixed square: a SigLIP model with Gemma's tokenizer."""
    tokenizer = gemma_tokenizer()
    text = _TOWER | {"vocab_size": len(tokenizer), "max_position_embeddings": LENGTH, "projection_size": WIDTH}
    config = _library().SiglipConfig(text_config=text, vision_config=_VISION)
    processor = _library().SiglipImageProcessorPil(size={"height": SIZE, "width": SIZE}, resample=2)
    return _save(folder, _library().SiglipModel(config), tokenizer, processor)


def write_naflex(folder: Path) -> Path:
    """SigLIP 2 with free shapes."""
    tokenizer = gemma_tokenizer()
    text = _TOWER | {"vocab_size": len(tokenizer), "max_position_embeddings": LENGTH, "projection_size": WIDTH}
    vision = _TOWER | {"patch_size": PATCH, "num_patches": 9}
    config = _library().Siglip2Config(text_config=text, vision_config=vision)
    processor = _library().Siglip2ImageProcessorPil(patch_size=PATCH, max_num_patches=16)
    return _save(folder, _library().Siglip2Model(config), tokenizer, processor)


def write_chinese_clip(folder: Path) -> Path:
    tokenizer = bert_tokenizer()
    text = _TOWER | {"vocab_size": len(tokenizer), "max_position_embeddings": LENGTH}
    config = _library().ChineseCLIPConfig(text_config=text, vision_config=_VISION, projection_dim=16)
    square = {"height": SIZE, "width": SIZE}
    processor = _library().ChineseCLIPImageProcessorPil(size=square, do_center_crop=False)
    return _save(folder, _library().ChineseCLIPModel(config), tokenizer, processor)


def write_altclip(folder: Path) -> Path:
    tokenizer = xlmr_tokenizer()
    text = _TOWER | {
        "vocab_size": len(tokenizer), "max_position_embeddings": LENGTH + 2, "project_dim": 16, "pad_token_id": 1,
    }  # fmt: skip
    config = _library().AltCLIPConfig(text_config=text, vision_config=_VISION, projection_dim=16)
    return _save(folder, _library().AltCLIPModel(config), tokenizer, _clip_processor())


def write_dual_encoder(folder: Path) -> Path:
    """BERT + ViT."""
    processor = _library().ViTImageProcessorPil(size={"height": SIZE, "width": SIZE})
    return _dual(folder, _library().ViTConfig(**_VISION), _library().BertConfig, processor)


def write_resnet_encoder(folder: Path) -> Path:
    """BERT + ResNet."""
    vision = _library().ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", hidden_size=16
    )
    processor = _library().ConvNextImageProcessorPil(size={"shortest_edge": SIZE})
    return _dual(folder, vision, _library().BertConfig, processor)


def _dual(folder: Path, vision: Any, bert: Any, processor: Any) -> Path:
    tokenizer = bert_tokenizer()
    text = bert(**_TOWER, vocab_size=len(tokenizer), max_position_embeddings=LENGTH)
    config = _library().VisionTextDualEncoderConfig.from_vision_text_configs(vision, text, projection_dim=16)
    return _save(folder, _library().VisionTextDualEncoderModel(config), tokenizer, processor)


FAMILIES: dict[str, Callable[[Path], Path]] = {
    "clip": write_clip,
    "siglip": write_siglip,
    "siglip2": write_siglip2,
    "naflex": write_naflex,
    "metaclip2": write_metaclip,
    "chinese-clip": write_chinese_clip,
    "altclip": write_altclip,
    "bert-vit": write_dual_encoder,
    "bert-resnet": write_resnet_encoder,
}
