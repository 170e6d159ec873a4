"""Vocabulary, text tower, its start from a BERT, and distillation, all tiny."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

from engine.training.batches import by_length, drop_words, pad, tokenise
from engine.training.distillation import Lecture, Lessons, lesson_loss, teach, warm_then_cosine
from engine.training.text_tower import TextTower, TextTowerShape, start_from_bert
from engine.training.vocabulary import common_characters, train_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

TEXTS = [f"a {colour} {thing} on the {place}" for colour in ("red", "blue", "green") for thing in ("dog", "balloon")
         for place in ("grass", "sea")]  # fmt: skip
CHINESE = ["海上的红气球", "草地上的狗", "蓝色的气球"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_vocabulary(TEXTS * 3 + CHINESE * 3, 4200, common_characters())


def tiny_tower(vocabulary: int, dropout: float = 0.0) -> TextTower:
    torch.manual_seed(0)
    return TextTower(TextTowerShape(vocabulary, width=16, heads=2, hidden=32, layers=2, dim=8), dropout).eval()


def test_chinese_is_read_by_characters_and_english_by_lower_cased_words(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("Red BALLOON海上").tokens == ["[CLS]", "red", "balloon", "海", "上", "[SEP]"]
    assert tokenizer.token_to_id("[PAD]") == 0


def test_every_common_character_has_an_id_though_never_seen(tokenizer: Tokenizer) -> None:
    assert len(common_characters()) == 3755
    assert "[UNK]" not in tokenizer.encode("熊猫啃竹子").tokens


def test_a_long_text_is_cut(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode("dog " * 500).ids) == 48


def test_padding_does_not_change_a_vector(tokenizer: Tokenizer) -> None:
    tower = tiny_tower(tokenizer.get_vocab_size())
    short, long = tokenise(tokenizer, ["a dog", "a red balloon on the sea"])
    with torch.inference_mode():
        alone = tower(*_parts(pad([short])))
        beside = tower(*_parts(pad([short, long])))
    torch.testing.assert_close(alone[0], beside[0])
    torch.testing.assert_close(beside.norm(dim=-1), torch.ones(2))


def _parts(tokens: object) -> tuple[torch.Tensor, torch.Tensor]:
    return tokens.ids, tokens.mask  # type: ignore[attr-defined]


def test_a_tower_with_all_layers_and_words_of_a_bert_is_that_bert(tmp_path: Path, tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.get_vocab()
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    theirs = BertTokenizer(str(tmp_path / "vocab.txt"))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    bert = BertModel(config)
    bert.train(False)
    tower = tiny_tower(len(words))
    start_from_bert(tower, bert, theirs, tokenizer, (0, 1))
    tokens = pad(tokenise(tokenizer, ["a dog on the sea", "海上的红气球"]))
    with torch.inference_mode():
        ours = tower.word_states(tokens.ids, tokens.mask)
        expected = bert(input_ids=tokens.ids, attention_mask=tokens.mask).last_hidden_state
    torch.testing.assert_close(ours[tokens.mask.bool()], expected[tokens.mask.bool()], atol=1e-5, rtol=1e-4)


def test_teaching_brings_both_languages_to_the_target(tokenizer: Tokenizer) -> None:
    chance = np.random.default_rng(0)
    targets = chance.normal(size=(12, 16)).astype(np.float32)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    english = Lessons(tokenise(tokenizer, TEXTS), targets.astype(np.float16), np.arange(12))
    chinese = Lessons(tokenise(tokenizer, CHINESE), targets[:3].astype(np.float16), np.arange(3))
    tower = tiny_tower(tokenizer.get_vocab_size())
    lecture = Lecture(presentations=3000, batch=12, learning_rate=1e-2, word_rate=1e-2, word_drop=0.0)
    teach(tower, english, chinese, lecture)
    for lessons in (english, chinese):
        tokens = pad(lessons.rows)
        with torch.inference_mode():
            vectors = tower.sentence(tokens.ids, tokens.mask).numpy()
        wanted = lessons.targets[lessons.target_of].astype(np.float32)
        assert (vectors * wanted).sum(axis=1).mean() > 0.8


def test_texts_with_the_same_target_are_not_wrong_for_each_other() -> None:
    same = torch.nn.functional.normalize(torch.ones(2, 4), dim=-1)
    loss, nearness = lesson_loss(same, same, Lecture())
    assert nearness == pytest.approx(1)
    assert float(loss) == pytest.approx(0, abs=1e-5)


def test_words_are_dropped_but_never_all() -> None:
    chance = np.random.default_rng(0)
    row = [2, 10, 11, 12, 13, 3]
    dropped = [drop_words(row, 0.5, chance) for _ in range(50)]
    assert {len(kept) for kept in dropped} > {4, 5}
    assert all(kept[0] == 2 and kept[-1] == 3 and len(kept) > 2 for kept in dropped)
    assert drop_words([2, 10, 3], 1.0, chance) == [2, 10, 3]


def test_batches_hold_texts_of_like_length_and_every_text_once() -> None:
    chance = np.random.default_rng(0)
    lengths = chance.integers(3, 40, size=200)
    batches = list(by_length(np.arange(200), lengths, 20, chance))
    assert sorted(np.concatenate(batches)) == list(range(200))
    assert max(np.ptp(lengths[batch]) for batch in batches) < 10


def test_learning_rate_rises_then_falls() -> None:
    schedule = warm_then_cosine(100, warm=0.1)
    assert schedule(0) == pytest.approx(0.1)
    assert schedule(9) == 1
    assert schedule(100) == pytest.approx(0)
