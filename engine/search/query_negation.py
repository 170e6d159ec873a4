"""What a query does not want, said in words: "without people", "no cars", "not at night", 没有人, 不要猫, 除了狗.

Chinese is in ``query_negation_zh``. In doubt they stay plain words, since a negation that was not meant hides the very
photos that were wanted: "no entry sign" is a sign, "forget-me-not" a flower.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class FoundNegation:
    """Positions in a text: ``begin:end`` is all of "without a dog", ``text_begin:text_end`` the unwanted "dog"."""

    begin: int
    end: int
    text_begin: int
    text_end: int


_L, _R = r"(?<![\w'’-])", r"(?![\w'’-])"
_TRIGGER = re.compile(
    rf"{_L}(?:(?:with|but|and|having|has|have|there\s+(?:is|are|was|were))\s+)?"
    rf"(?:(?P<bare>nobody|no[ -]one){_R}|(?P<word>no|without|not|except(?:\s+for)?|excluding|other\s+than)\s+)"
)
_PREPOSITIONS = frozenset((
    "at", "in", "on", "with", "near", "by", "under", "behind", "over", "above", "below", "from", "to", "for", "along",
    "beside", "between", "during", "inside", "outside", "around", "through", "across", "against", "into", "onto",
    "next",
))  # fmt: skip
_STOPS = _PREPOSITIONS | frozenset((
    "and", "but", "who", "that", "which", "while", "where", "when", "is", "are", "was", "were", "has", "have",
    "without", "no", "not", "except", "excluding",
))  # fmt: skip
_DETERMINER = re.compile(r"(?:any|a|an|the|some|single|other|his|her|their|its|my|our)\s+")
_NOT_PREPOSITION = re.compile(r"(?:at|in|on|by|during|near|with|under|inside|outside|from)\s+")
_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"[^\s,.;:!?()\[\]、，。；]+")
_ALTERNATIVE = frozenset({"or", "nor"})
_LONGEST = 5  # words of a noun phrase

_PEOPLE = frozenset((
    "people", "persons", "humans", "men", "women", "children", "kids", "adults", "faces", "anyone", "anybody",
))  # fmt: skip
_ING_NOUNS = frozenset((
    "building", "buildings", "ceiling", "wedding", "painting", "lighting", "string", "ring", "king", "wing", "railing",
    "clothing", "evening", "morning", "thing", "spring", "swing", "icing", "topping", "clearing", "crossing", "parking",
))  # fmt: skip
_SINGULAR_S = re.compile(r"(?:ss|us|is|sports|clothes|glasses|sunglasses|jeans|trousers|pants)$")

_SIGN = re.compile(
    r"(?:(?!(?<!\w)(?:and|with|a|an|the|but)(?!\w))[^,;.])*(?<!\w)"
    r"(?:signs?|signpost|signboard|stickers?|symbols?|notices?|placards?|allowed|zone|area)(?!\w)"
)
_NO_MORE = re.compile(
    r"(?:entry|parking|smoking|stopping|trespassing|swimming|exit|diving|fishing|waiting|loitering|access|dumping"
    r"|u-turns?|turns?|left|right|way|more|matter|longer|man['’]?s|problem|idea|doubt|comment|kidding|time|signal|war"
    r"|nukes|evil|future|name|numbers?|fear|pain|gain|limits?|country|such|an?|\d\S*)(?![\w-])"
)
_NOT_MORE = re.compile(
    r"(?:only|so|yet|too|far|just|even|sure|enough|much|very|really|all|quite|always|often|usually|easy|necessarily|found"
    r"|allowed|available|to|for|included|working|disturb|guilty|my|your|today|now)(?![\w-])"
)
_WITHOUT_MORE = re.compile(
    r"(?:borders?|limits?|doubt|words?|end|fail|exception|warning|saying|you|me|question)(?![\w-])"
)
_NOT_BEFORE = re.compile(
    r"(?<![\w])(?:do|does|did|is|are|am|was|were|be|can|could|will|would|should|must|may|might|has|have|had|if|or|why"
    r"|whether|me|or|says?|said|saying|votes?|voting|dr|mr|yes|please|to)\.?\s+$"
)
_EXCEPTIONS = {"no": _NO_MORE, "not": _NOT_MORE, "without": _WITHOUT_MORE}


def find_negations_en(text: str) -> Iterator[FoundNegation]:
    """Yield the English negations of a folded text in order. Linear in its length."""
    position = 0
    while (trigger := _TRIGGER.search(text, position)) is not None:
        found = _read(text, trigger)
        if found is not None:
            yield found
        position = found.end if found else trigger.end()


def _read(text: str, trigger: re.Match[str]) -> FoundNegation | None:
    if _NOT_BEFORE.search(text, max(0, trigger.start() - 16), trigger.start()):
        return None
    if trigger["bare"]:
        return _nobody(text, trigger)
    word = trigger["word"].split()[0]
    begin = trigger.end()
    determiner = _DETERMINER.match(text, begin)
    noun = determiner.end() if determiner else begin
    exception = _EXCEPTIONS.get(word)
    if (exception and exception.match(text, noun)) or (word == "no" and _SIGN.match(text, begin, begin + 60)):
        return None
    if word == "not" and not determiner:
        preposition = _NOT_PREPOSITION.match(text, begin)
        noun = preposition.end() if preposition else begin
    end = _end_of_phrase(text, noun)
    if end is None:
        return None
    text_begin = noun if determiner else begin
    return FoundNegation(trigger.start(), end, text_begin, end)


def _nobody(text: str, trigger: re.Match[str]) -> FoundNegation | None:
    """Read "nobody on the beach"; the word stands for what is not wanted."""
    following = _TOKEN.match(text, trigger.end() + 1)
    if following is not None and following.group() not in _PREPOSITIONS | {"and", "but"}:
        return None
    return FoundNegation(trigger.start(), trigger.end(), trigger.start("bare"), trigger.end("bare"))


def _end_of_phrase(text: str, begin: int) -> int | None:
    """Find where the noun phrase at ``begin`` ends: at punctuation, a preposition, a new clause, or after a plural."""
    end: int | None = None
    position, previous = begin, ""
    for _ in range(_LONGEST):
        token = _TOKEN.match(text, position)
        if token is None or (previous and _begins_anew(previous, token.group())) or token.group() in _STOPS:
            break
        previous = token.group()
        if previous not in _ALTERNATIVE:
            end = token.end()
        following = _SPACES.match(text, token.end())
        if following is None:
            break
        position = following.end()
    return end


def _begins_anew(previous: str, word: str) -> bool:
    """Say whether ``word`` no longer belongs to the noun ``previous``: "shirt | standing", but "people swimming"."""
    if word in _ALTERNATIVE or previous in _ALTERNATIVE:
        return False
    if not any(character.isalnum() for character in word):
        return True
    if word.endswith("ing") and word not in _ING_NOUNS:
        return previous not in _PEOPLE
    return _is_plural(previous)


def _is_plural(word: str) -> bool:
    """Guess a plural: in "no people sunset" the sunset is wanted. "Sports car" is one thing."""
    return word in _PEOPLE or (len(word) > len("bus") and word.endswith("s") and _SINGULAR_S.search(word) is None)
