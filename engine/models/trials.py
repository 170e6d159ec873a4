"""The texts a new model is tried with: short and long, English, Chinese, punctuation, an emoji."""

from __future__ import annotations

TEXTS = (
    "a red balloon over the sea",
    "海上的红气球",
    "🎈",
    "a",
    "Two dogs, and a cat: who's there?",
    "一只猫坐在沙发上。",
    "very long " * 300,
    "很长的句子" * 200,
)
