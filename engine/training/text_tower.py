"""The text tower: a small BERT-like Transformer for both languages, mean of the word states, linear mapping.

It starts from the middle of its teacher: word vectors of all-MiniLM-L6-v2 for pieces that both vocabularies share (the
mean of the teacher's pieces for others), and a choice of its layers. Chinese is learned from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class TextTowerShape:
    """Sizes of the tower; ``dim`` is the length of its output vectors."""

    vocabulary: int
    width: int = 384
    heads: int = 12
    hidden: int = 1536
    layers: int = 4
    positions: int = 64
    dim: int = 384


class Layer(nn.Module):
    """One Transformer layer with the norm after each part, as in BERT (Devlin et al. 2019)."""

    def __init__(self, shape: TextTowerShape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.widen = nn.Linear(shape.width, shape.hidden)
        self.narrow = nn.Linear(shape.hidden, shape.width)
        self.last_norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        """Update (N, L, width) states; ``allowed`` (N, 1, 1, L) bool says which positions may be looked at."""
        split = (*states.shape[:2], self.heads, states.shape[2] // self.heads)
        query, key, value = (part(states).reshape(split).transpose(1, 2) for part in (self.query, self.key, self.value))
        seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed)
        merged = self.out(seen.transpose(1, 2).reshape(states.shape))
        states = self.norm(states + self.dropout(merged))
        inner = self.narrow(nn.functional.gelu(self.widen(states)))
        normed: torch.Tensor = self.last_norm(states + self.dropout(inner))
        return normed


class TextTower(nn.Module):
    """Ids and mask in, sentence vectors out."""

    def __init__(self, shape: TextTowerShape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width, padding_idx=0)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList([Layer(shape, dropout) for _ in range(shape.layers)])
        self.mapping = nn.Linear(shape.width, shape.dim)
        self.apply(_start_small)

    def word_states(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the (N, L, width) states after the last layer."""
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        states: torch.Tensor = self.dropout(self.norm(self.words(input_ids) + self.places(places)))
        allowed = attention_mask[:, None, None, :].bool()
        for layer in self.layers:
            states = layer(states, allowed)
        return states

    def sentence(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return (N, width) unit sentence vectors in the teacher's space: the mean of the word states."""
        states = self.word_states(input_ids, attention_mask)
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
        return nn.functional.normalize(mean.float(), dim=-1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return (N, dim) unit vectors in the space of the photos."""
        return nn.functional.normalize(self.mapping(self.sentence(input_ids, attention_mask)).float(), dim=-1)


def _start_small(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


@torch.no_grad()
def start_from_bert(
    tower: TextTower, teacher: Any, teacher_tokenizer: Any, tokenizer: Tokenizer, use: Sequence[int]
) -> None:
    """Copy word vectors, places, norms and the layers ``use`` of a Hugging Face BERT of equal width into ``tower``."""
    source = teacher.embeddings
    # BERT adds the vector of sentence type 0 everywhere: it goes into the places.
    tower.places.weight.copy_(source.position_embeddings.weight[: tower.shape.positions])
    tower.places.weight.add_(source.token_type_embeddings.weight[0])
    _copy_words(tower, source.word_embeddings.weight, teacher_tokenizer, tokenizer)
    _copy(tower.norm, source.LayerNorm)
    for layer, number in zip(tower.layers, use, strict=True):
        theirs = teacher.encoder.layer[number]
        _copy(layer.query, theirs.attention.self.query)
        _copy(layer.key, theirs.attention.self.key)
        _copy(layer.value, theirs.attention.self.value)
        _copy(layer.out, theirs.attention.output.dense)
        _copy(layer.norm, theirs.attention.output.LayerNorm)
        _copy(layer.widen, theirs.intermediate.dense)
        _copy(layer.narrow, theirs.output.dense)
        _copy(layer.last_norm, theirs.output.LayerNorm)


def _copy(to: Any, source: Any) -> None:
    to.load_state_dict(source.state_dict())


def _copy_words(tower: TextTower, vectors: torch.Tensor, theirs: Any, ours: Tokenizer) -> None:
    known = theirs.get_vocab()
    for piece, row in ours.get_vocab().items():
        if piece in known:
            tower.words.weight[row] = vectors[known[piece]]
            continue
        if piece.startswith("##"):
            continue  # the middle of a word has no meaning of its own to take over
        parts = theirs.convert_tokens_to_ids(theirs.tokenize(piece))
        parts = [part for part in parts if part != theirs.unk_token_id]
        if parts:
            tower.words.weight[row] = vectors[parts].mean(dim=0)
