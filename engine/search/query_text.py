"""Characters of a query: a folded form for matching that keeps positions, a tidy form for showing and embedding."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.protocol import QueryLanguage

QUOTES = {'"': '"', "“": "”", "”": "”", "„": "”", "「": "」", "『": "』"}
"""Opening quotation marks and what closes them."""

# What may stand between two parts of a query and belongs to neither. A full stop closes the words before it.
_SEPARATORS = " ,，;；、､"
_BEFORE_WORDS = _SEPARATORS + "。｡"

_QUOTE_CHARACTERS = str.maketrans(dict.fromkeys('"＂“”„「」『』｢｣', " "))
_UNSEEN = dict.fromkeys((0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF))  # come along when text is copied
_CONTROLS = {code: " " for code in range(128) if unicodedata.category(chr(code)) == "Cc"}
# Traditional forms of the characters the grammar knows: folding them lets one set of patterns read both scripts.
_SIMPLIFIED = dict(
    zip(
        "沒無週節個類稱檔資夾機國慶聖誕來後從兩間別這陽勞動兒萬錄過帶單拋張圖請幫給尋顯鐘應時會與號晝發",
        "没无周节个类称档资夹机国庆圣诞来后从两间别这阳劳动儿万录过带单抛张图请帮给寻显钟应时会与号昼发",
        strict=True,
    )
)

_LATIN = re.compile(r"[A-Za-z]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# A pictograph, with what joins it to the next or chooses its coloured form.
_EMOJI = re.compile(r"([\u2600-\u27bf\u2b50\u2b55\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff])[\u200d\ufe0e\ufe0f]*")
_NAMELESS = re.compile(r"regional indicator|emoji modifier")
_ANIMALS = frozenset(map(chr, range(0x1F400, 0x1F440)))
_LAST_GLYPH, _GLYPH_STYLE = (
    "\u2bff",
    re.compile(r"^(?:heavy |black |white )+"),
)  # of print: a "heavy black heart" is red

_PICTURE = r"(?:photos?|pictures?|images?|pics?|photographs?|snapshots?)"
_ASIDE = r"(?:(?:all|some|the|any|my|a|an|our)\s+){0,3}"
_PREFIX_EN = re.compile(
    rf"(?:please\s+)?(?:(?:can|could)\s+you\s+)?"
    rf"(?:(?:show|find|give|get)\s+(?:me\s+)?|(?:search|look)\s+for\s+|i(?:['’]m|\s+am)\s+looking\s+for\s+)?"
    rf"{_ASIDE}{_PICTURE}\s+(?:of|showing|with|containing|featuring)\s+"
    rf"|(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:(?:show|find|give|get)\s+me|find|(?:search|look)\s+for)\s+"
    rf"|(?:my|our)\s+(?!own\b)",
    re.IGNORECASE,
)
_SUFFIX_EN = re.compile(r"(?:\s|,\s*)+please[.!]?$", re.IGNORECASE)
_PREFIX_ZH = re.compile(
    r"(?:(?:请|麻烦你?)?(?:帮我|给我|帮忙)(?:找找|找出|找到|找|搜索|搜|查找|寻找|显示|看看)|请?(?:搜索|查找|寻找|显示)|我想[看找]|我要[看找])"
    r"(?:一下)?(?:一些|一张|几张|所有|全部)?(?:有关|关于)?"
    r"|(?:找找|[找搜]一下|搜搜)|(?:我|我们|咱们?)(?:家的?|的)(?=[\u4e00-\u9fff])"
)
_SUFFIX_ZH = re.compile(r"的(?:照片|图片|相片|图像|影像)$")
_GENERIC = re.compile(rf"{_ASIDE}{_PICTURE}|(?:所有|全部|我|我们)?的?(?:照片|图片|相片|图像)", re.IGNORECASE)


def fold(text: str) -> str:
    """Return a string of the same length to match against: lower case, NFKC, simplified where the grammar needs it.

    A character whose folded form would be longer stays as it is. Control characters and lone surrogates become spaces,
    so that no part of a query carries one on.
    """
    if text.isascii():
        return text.lower().translate(_CONTROLS)
    return "".join(map(_fold_character, text))


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cs"):
        return " "
    folded = unicodedata.normalize("NFKC", character).lower()
    return _SIMPLIFIED.get(folded, folded) if len(folded) == 1 else character


def tidy(text: str) -> str:
    """Return the words of ``text`` as they are shown and embedded: single spaces, no stray quotation marks.

    Letters and figures are NFKC; punctuation stays as typed, since a text tower tells 「，」 from ",".
    """
    clean = printable(text)
    if not clean.isascii():
        clean = clean.translate(_UNSEEN)
        clean = "".join(map(_plain_character, clean))
    return " ".join(clean.translate(_QUOTE_CHARACTERS).split()).lstrip(_BEFORE_WORDS).rstrip(_SEPARATORS)


@lru_cache(maxsize=8192)
def _plain_character(character: str) -> str:
    return unicodedata.normalize("NFKC", character) if unicodedata.category(character)[0] in "LN" else character


def printable(text: str) -> str:
    """Replace control characters and lone surrogates by spaces; nothing else changes."""
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(character) in ("Cc", "Cs") else character for character in text)


def trim(folded: str, start: int, end: int) -> tuple[int, int]:
    """Narrow ``start:end`` of a folded text so that it neither begins nor ends with a separator or stray quote."""
    quotes = '"“”„「」『』'
    while start < end and (folded[start] in _BEFORE_WORDS + quotes or folded[start].isspace()):
        start += 1
    while end > start and (folded[end - 1] in _SEPARATORS + quotes or folded[end - 1].isspace()):
        end -= 1
    return start, end


def worded(text: str) -> str:
    """Put an emoji's name in its place (🐶 dog, 🎂 birthday cake): a text tower may not know it, and no caption has it.

    What has no name of use, such as the letters of a flag, is left out, unless nothing else is there.
    """
    if text.isascii() or _EMOJI.search(text) is None:
        return text
    return " ".join(_EMOJI.sub(lambda found: f" {_name_of(found[1])} ", text).split()) or text


def _name_of(emoji: str) -> str:
    name = unicodedata.name(emoji, "").lower()
    if _NAMELESS.search(name):
        return ""
    if emoji in _ANIMALS:
        return name.removesuffix(" face")
    return name if emoji > _LAST_GLYPH else _GLYPH_STYLE.sub("", name)


def language_of(text: str) -> QueryLanguage:
    """Tell the language by its script; what is neither Latin nor Chinese counts as English."""
    if _HAN.search(text) is None:
        return "en"
    return "mixed" if _LATIN.search(text) else "zh"


def join(left: str, right: str) -> str:
    """Join two pieces of text: Chinese to Chinese without a space, everything else with one."""
    if not left or not right:
        return left or right
    glue = "" if _HAN.match(left[-1]) and _HAN.match(right[0]) else " "
    return left + glue + right


def strip_request(text: str) -> str:
    """Leave out what only asks for photos ("show me pictures of", 「帮我找…的照片」); may leave nothing."""
    while True:
        shorter = text
        for pattern in (_PREFIX_EN, _PREFIX_ZH):
            found = pattern.match(shorter)
            shorter = shorter[found.end() :] if found else shorter
        shorter = _SUFFIX_ZH.sub("", _SUFFIX_EN.sub("", shorter)).strip()
        if _GENERIC.fullmatch(shorter):
            return ""
        if shorter == text:
            return text
        text = shorter
