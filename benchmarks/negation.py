"""How well a negation works: ``python -m benchmarks.negation --photos FOLDER --captions FILE.jsonl --field en``.

What a photo shows is taken from its English captions (one JSON object a line: ``file`` and the fields, texts or lists
of texts; ``--field`` again for more), so what nobody mentions counts as absent. For each pair of things of which some
photos show both and some the first alone, "beach -people" and 「海滩 -人」 are asked of a library made for it.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.api import Engine
from engine.config import LibraryPaths
from engine.protocol import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LIMIT = 100
FIRST = 10


@dataclass(frozen=True, slots=True)
class Thing:
    """What is asked for in both languages, and the English words of a caption that tell it is there."""

    english: str
    chinese: str
    words: str

    def is_in(self, captions: str) -> bool:
        """Whether lower-case ``captions`` mention it."""
        return re.search(rf"\b(?:{self.words})\b", captions) is not None


PEOPLE = (
    "people|persons?|m[ae]n|wom[ae]n|boys?|girls?|child|children|kids?|baby|babies|lady|guys?|players?|riders?|surfers?|"
    "skiers?|crowd|couples?|family|someone|batter|pitcher|catcher|skateboarder|snowboarder|human|toddler|umpire|bride|"
    "groom|hikers?|hands?|face"
)
THINGS = (
    Thing("people", "人", PEOPLE),
    Thing("dog", "狗", "dogs?|puppy|puppies|hound|retriever|terrier"),
    Thing("cat", "猫", "cats?|kittens?"),
    Thing("car", "汽车", "cars?|vehicles?|taxis?|suv|van"),
    Thing("snow", "雪", r"snow|snowy|snow-covered|snowboard\w*|skis?|skiing|skiers?"),
    Thing(
        "water",
        "水",
        r"water|rivers?|lakes?|sea|ocean|waves?|pond|beach|shore|surf(?:s|ing|ers?|board\w*)?|waterfalls?|coast",
    ),
    Thing("beach", "海滩", "beach|beaches|shore|shoreline|coast"),
    Thing("grass", "草地", "grass|grassy|lawn|meadow|pasture"),
    Thing("trees", "树", "trees?|forest|woods|palm|woodland|pines?"),
    Thing("buildings", "建筑", "buildings?|houses?|tower|church|skyscrapers?|castle|city"),
    Thing("street", "街道", "streets?|roads?|sidewalk|highway"),
    Thing("boat", "船", "boats?|ships?|kayak|canoe|sailboats?"),
    Thing("table", "桌子", "tables?|desk"),
    Thing("food", "食物", "food|pizza|cake|sandwich|meal|plate|fruit|vegetables?|bread|dish|salad|soup"),
    Thing("flowers", "花", "flowers?|blossoms?|roses?|petals?|bouquet"),
    Thing("mountains", "山", "mountains?|hills?|peaks?|cliffs?"),
    Thing("ball", "球", "balls?|baseball|soccer|basketball|football|volleyball|tennis"),
    Thing("horse", "马", "horses?|pony"),
    Thing("sky", "天空", "sky|skies|clouds?"),
    Thing("night", "夜晚", "night|nighttime|nights"),
)


@dataclass(slots=True)
class Tally:
    """Counts over several queries: of the first ten hits, and of the hits called a match."""

    first: int = 0
    first_unwanted: int = 0
    matches: int = 0
    matches_unwanted: int = 0
    matches_right: int = 0
    right: int = 0

    def add(self, hits: Sequence[tuple[str, bool]], wanted: frozenset[str], unwanted: frozenset[str]) -> None:
        """Count the hits of one query: file names in order, and whether each was called a match."""
        right = wanted - unwanted
        matches = [name for name, is_match in hits if is_match]
        self.first += len(hits[:FIRST])
        self.first_unwanted += sum(name in unwanted for name, _ in hits[:FIRST])
        self.matches += len(matches)
        self.matches_unwanted += sum(name in unwanted for name in matches)
        self.matches_right += sum(name in right for name in matches)
        self.right += sum(name in right for name, _ in hits)

    def __str__(self) -> str:
        unwanted = (self.first_unwanted / max(1, self.first), self.matches_unwanted / max(1, self.matches))
        return (
            f"of {self.first:4} first hits {unwanted[0]:.3f} show it; of {self.matches:4} matches {unwanted[1]:.3f}, "
            f"{self.matches_right} are right; right among all: {self.right}"
        )


def read_shown(captions: Path, fields: Sequence[str]) -> dict[Thing, frozenset[str]]:
    """Which files show which things."""
    told: dict[str, str] = {}
    for line in captions.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts = [text for field in fields for text in _texts(row.get(field))]
        name = Path(row["file"]).name
        told[name] = " ".join([told.get(name, ""), *texts]).lower()
    return {thing: frozenset(name for name, texts in told.items() if thing.is_in(texts)) for thing in THINGS}


def _texts(value: object) -> Iterable[str]:
    return [value] if isinstance(value, str) else map(str, value) if isinstance(value, list) else []


def pairs(shown: Mapping[Thing, frozenset[str]], both: int, alone: int) -> list[tuple[Thing, Thing]]:
    """What is asked for and what is not wanted: ``both`` photos at least show both, ``alone`` the first alone."""
    return [
        (wanted, unwanted)
        for wanted in shown
        for unwanted in shown
        if wanted is not unwanted
        and len(shown[wanted] & shown[unwanted]) >= both
        and len(shown[wanted] - shown[unwanted]) >= alone
    ]


def measure(engine: Engine, shown: Mapping[Thing, frozenset[str]], asked: Sequence[tuple[Thing, Thing]]) -> None:
    """Print a line for each language, with and without the negation, for people and for all other things."""
    for language in ("english", "chinese"):
        for negates in (False, True):
            people, others = Tally(), Tally()
            for wanted, unwanted in asked:
                text = getattr(wanted, language) + (f" -{getattr(unwanted, language)}" if negates else "")
                hits = engine.search(text, LIMIT).hits
                named = [(Path(hit.path.path).name, hit.confidence is Confidence.MATCH) for hit in hits]
                tally = people if unwanted.english == "people" else others
                tally.add(named, shown[wanted], shown[unwanted])
            for name, tally in (("people", people), ("others", others)):
                print(f"{language} {'negated' if negates else 'plain':7} {name}: {tally}", flush=True)


def main() -> None:
    """Index the photos into a library of its own, and ask."""
    parser = argparse.ArgumentParser(prog="benchmarks.negation", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--captions", type=Path, required=True, metavar="FILE.jsonl")
    parser.add_argument("--field", action="append", required=True, help="of English texts; again: more")
    parser.add_argument("--both", type=int, default=8, metavar="N", help="photos that show both things, at least")
    parser.add_argument("--alone", type=int, default=10, metavar="N", help="that show the first alone, at least")
    options = parser.parse_args()
    shown = read_shown(options.captions, options.field)
    asked = pairs(shown, options.both, options.alone)
    with tempfile.TemporaryDirectory() as folder, Engine.open_writer(LibraryPaths(Path(folder))) as engine:
        engine.add_folder(options.photos)
        engine.index()
        print(f"{len(asked)} pairs")
        measure(engine, shown, asked)


if __name__ == "__main__":
    main()
