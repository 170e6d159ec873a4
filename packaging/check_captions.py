"""Check the caption bank: form, language, length, duplicates, near-duplicates and coverage.

Run `python packaging/check_captions.py`; it writes one line per problem and exits 1, or one line of totals and exits 0.
With `--coverage` it also writes how many captions each topic and each everyday concept has.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CAPTIONS = Path(__file__).resolve().parent.parent / "resources" / "captions"
LANGUAGES = ("en", "zh")
FIELDS = ("id", "topic", *LANGUAGES)

LEAST_CAPTIONS = 1600
LEAST_PER_TOPIC = 50
LEAST_PER_CONCEPT = 2
WORDS = range(3, 13)  # English caption, in words
CHARACTERS = range(5, 21)  # Chinese caption, in characters without punctuation
LEAST_CJK_SHARE = 0.7  # leaves room for "T恤" and "3D打印机"
NEAR = {"en": 0.75, "zh": 0.7}  # Jaccard similarity from which two captions count as one

ENGLISH = re.compile(r"[A-Za-z0-9 ,'-]+")
IDENTIFIER = re.compile(r"(?P<topic>[a-z]+)-\d{3}")
ARTICLES = frozenset({"a", "an", "the"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the bank, with its line number counted from 1."""

    line: int
    id: str
    topic: str
    en: str
    zh: str

    def text(self, language: str) -> str:
        """Return the caption in "en" or "zh"."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Concept:
    """An everyday thing that the bank must know, with the words that name it in each language."""

    name: str
    words: Mapping[str, Sequence[str]]

    def count(self, captions: str, language: str) -> int:
        """Count the lines of `captions`, one caption each, that name the concept."""
        alternatives = "|".join(map(re.escape, self.words[language]))
        # English words count as whole words, singular or plural; Chinese has no word borders to look for.
        word = rf"\b(?:{alternatives})(?:s|es)?\b" if language == "en" else f"(?:{alternatives})"
        # The rest of a line is consumed with the first match, so that no caption counts twice.
        return len(re.findall(f"{word}.*", captions, re.IGNORECASE))


def normalise(text: str, language: str) -> str:
    """Fold case, width (NFKC), punctuation and spaces; English words stay apart by one space, Chinese has none."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (" " if unicodedata.category(letter)[0] in "PSZ" else letter for letter in folded)
    return (" " if language == "en" else "").join("".join(kept).split())


def features(text: str, language: str) -> frozenset[str]:
    """Return the set that near-duplicates are measured on: English words without articles, Chinese character pairs."""
    plain = normalise(text, language)
    if language == "en":
        return frozenset(plain.split()) - ARTICLES
    return frozenset(map("".join, pairwise(plain)))


def read_bank(path: Path) -> tuple[list[Entry], list[str]]:
    """Read the well-formed entries of a bank and a problem for each line that is not one."""
    entries: list[Entry] = []
    problems: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found = json.loads(line)
        except json.JSONDecodeError as error:
            problems.append(f"line {number}: not JSON: {error.msg}")
            continue
        if not isinstance(found, dict) or tuple(found) != FIELDS:
            problems.append(f"line {number}: not an object with exactly {', '.join(FIELDS)} in this order")
        elif not all(isinstance(value, str) and value == value.strip() != "" for value in found.values()):
            problems.append(f"line {number}: a value is empty, padded with spaces or not a string")
        else:
            entries.append(Entry(number, **found))
    return entries, problems


def read_concepts(path: Path) -> list[Concept]:
    """Read the concept list: an object from a concept's name to its words by language."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return [Concept(name, words) for name, words in found.items()]


def check_identifiers(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a problem for each identifier that is used twice or does not begin with its topic."""
    uses = Counter(entry.id for entry in entries)
    for identifier, count in uses.items():
        if count > 1:
            yield f"{identifier}: identifier used {count} times"
    for entry in entries:
        form = IDENTIFIER.fullmatch(entry.id)
        if form is None or form["topic"] != entry.topic:
            yield f'{entry.id}: identifier is not "{entry.topic}-" and three digits'


def check_language(entry: Entry) -> Iterator[str]:
    """Yield a problem for each caption that is not wholly in its language or not of the wanted length."""
    words = len(entry.en.split())
    if ENGLISH.fullmatch(entry.en) is None:
        yield f"{entry.id}: English with other than ASCII letters, digits, comma, apostrophe and hyphen: {entry.en}"
    if words not in WORDS:
        yield f"{entry.id}: {words} English words, not {WORDS[0]} to {WORDS[-1]}: {entry.en}"
    letters = normalise(entry.zh, "zh")
    ideographs = sum("\u4e00" <= letter <= "\u9fff" for letter in letters)
    if ideographs < LEAST_CJK_SHARE * len(letters) or entry.zh[-1] in "。.!！":
        yield f"{entry.id}: not mostly Chinese characters, or ends like a sentence: {entry.zh}"
    if len(letters) not in CHARACTERS:
        yield f"{entry.id}: {len(letters)} Chinese characters, not {CHARACTERS[0]} to {CHARACTERS[-1]}: {entry.zh}"


def check_duplicates(entries: Sequence[Entry], language: str) -> Iterator[str]:
    """Yield a problem for each caption that is another one's once case, width and punctuation are folded."""
    first: dict[str, Entry] = {}
    for entry in entries:
        earlier = first.setdefault(normalise(entry.text(language), language), entry)
        if earlier is not entry:
            yield f"{entry.id}: duplicate of {earlier.id} ({language}): {entry.text(language)}"


def check_near_duplicates(entries: Sequence[Entry], language: str) -> Iterator[str]:
    """Yield a problem for each pair whose Jaccard similarity reaches the bound of the language.

    Two sets of similarity t or more share one of their |x| - ceil(t |x|) + 1 rarest members (prefix filter: Chaudhuri,
    Ganti and Kaushik, "A primitive operator for similarity joins", 2006), so only such pairs are compared.
    """
    texts = [entry.text(language) for entry in entries]
    words = [normalise(text, language) for text in texts]
    sets = [features(text, language) for text in texts]
    for earlier, later in _pairs_sharing_a_rare_member(sets, NEAR[language]):
        similarity = len(sets[later] & sets[earlier]) / len(sets[later] | sets[earlier])
        if similarity >= NEAR[language] and words[later] != words[earlier]:
            ids = f"{entries[later].id}: near-duplicate of {entries[earlier].id}"
            yield f"{ids} ({language}, {similarity:.2f}): {texts[later]} / {texts[earlier]}"


def _pairs_sharing_a_rare_member(sets: Sequence[frozenset[str]], bound: float) -> Iterator[tuple[int, int]]:
    """Yield each pair of indices, smaller first, that the prefix filter cannot rule out."""
    frequency = Counter(member for members in sets for member in members)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for later, members in enumerate(sets):
        rarest_first = sorted(members, key=lambda member: (frequency[member], member))
        prefix = rarest_first[: len(members) - math.ceil(bound * len(members)) + 1]
        for earlier in sorted({index for member in prefix for index in holders[member]}):
            yield earlier, later
        for member in prefix:
            holders[member].append(later)


def check_coverage(entries: Sequence[Entry], concepts: Sequence[Concept]) -> Iterator[str]:
    """Yield a problem for a bank, topic or concept with too few captions."""
    if len(entries) < LEAST_CAPTIONS:
        yield f"bank: {len(entries)} captions, fewer than {LEAST_CAPTIONS}"
    for topic, count in Counter(entry.topic for entry in entries).items():
        if count < LEAST_PER_TOPIC:
            yield f"topic {topic}: {count} captions, fewer than {LEAST_PER_TOPIC}"
    for concept, counts in count_concepts(entries, concepts):
        for language, count in zip(LANGUAGES, counts, strict=True):
            if count < LEAST_PER_CONCEPT:
                yield f"concept {concept.name}: {count} captions ({language}), fewer than {LEAST_PER_CONCEPT}"


def count_concepts(entries: Sequence[Entry], concepts: Sequence[Concept]) -> Iterator[tuple[Concept, list[int]]]:
    """Yield each concept with its number of captions in each of LANGUAGES."""
    texts = {language: "\n".join(entry.text(language) for entry in entries) for language in LANGUAGES}
    for concept in concepts:
        yield concept, [concept.count(texts[language], language) for language in LANGUAGES]


def check(entries: Sequence[Entry], concepts: Sequence[Concept]) -> Iterator[str]:
    """Yield every problem of well-formed entries, one line each."""
    yield from check_identifiers(entries)
    for entry in entries:
        yield from check_language(entry)
    for language in LANGUAGES:
        yield from check_duplicates(entries, language)
        yield from check_near_duplicates(entries, language)
    yield from check_coverage(entries, concepts)


def coverage(entries: Sequence[Entry], concepts: Sequence[Concept]) -> Iterator[str]:
    """Yield the coverage table: captions per topic, then per concept in each language."""
    yield f"{'topic':<32}{'captions':>9}"
    for topic, count in Counter(entry.topic for entry in entries).items():
        yield f"{topic:<32}{count:>9}"
    yield f"{'concept':<32}{'en':>9}{'zh':>9}"
    for concept, counts in count_concepts(entries, concepts):
        yield f"{concept.name:<32}" + "".join(f"{count:>9}" for count in counts)


def write(lines: Iterable[str]) -> None:
    """Write lines to standard output."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bank named on the command line (the project's own by default); return the exit status."""
    parser = argparse.ArgumentParser(description="Check the caption bank.")
    parser.add_argument("--bank", type=Path, default=CAPTIONS / "bank.jsonl")
    parser.add_argument("--concepts", type=Path, default=CAPTIONS / "concepts.json")
    parser.add_argument("--coverage", action="store_true", help="also write the coverage table")
    options = parser.parse_args(arguments)
    entries, problems = read_bank(options.bank)
    concepts = read_concepts(options.concepts)
    problems.extend(check(entries, concepts))
    if options.coverage:
        write(coverage(entries, concepts))
    topics = len({entry.topic for entry in entries})
    totals = f"{len(entries)} captions in each language, {topics} topics, {len(concepts)} concepts: no problem"
    write(problems or [totals])
    return 1 if problems else 0


if __name__ == "__main__":
    # Windows consoles still default to a code page that cannot write Chinese.
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
