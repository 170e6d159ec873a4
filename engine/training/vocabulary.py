"""The bilingual sub-word vocabulary: lower-cased English word pieces and single Chinese characters.

Chinese characters are single tokens, so that a rare word is still read character by character; every common character
has an id, seen in training or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

if TYPE_CHECKING:
    from collections.abc import Iterable

PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
MAX_LENGTH = 48


def train_vocabulary(texts: Iterable[str], size: int, characters: Iterable[str] = ()) -> Tokenizer:
    """Learn a WordPiece vocabulary of ``size`` entries from texts in both languages.

    ``characters`` get an id whether or not they occur. Ids 0..3 are padding, unknown, start, end; the tokenizer adds
    start and end itself.
    """
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN, max_input_chars_per_word=40))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.BertNormalizer(lowercase=True, strip_accents=True, handle_chinese_chars=True)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[PAD, UNKNOWN, START, END],
        initial_alphabet=sorted(set(characters)),
        continuing_subword_prefix="##",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = {token: tokenizer.token_to_id(token) for token in (START, END)}
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=list(ids.items())
    )
    tokenizer.enable_truncation(MAX_LENGTH)
    return tokenizer


def common_characters() -> str:
    """The 3,755 everyday characters of GB 2312, level one, in the order of that standard."""
    rows = range(0xB0, 0xD8)
    raw = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    decoded = (pair.decode("gb2312", errors="ignore") for pair in raw)
    return "".join(decoded)
