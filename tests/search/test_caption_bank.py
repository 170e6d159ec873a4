"""The caption bank passes its own check, and the check finds the faults that it is there to find."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "check_captions.py"
BANK = ROOT / "resources" / "captions" / "bank.jsonl"

GOOD = {
    "id": "food-998",
    "topic": "food",
    "en": "plum jam simmering inside grandma's kettle",
    "zh": "铜锅里熬煮着的李子酱",
}


def run_check(*arguments: str | Path) -> tuple[int, list[str]]:
    """Run the script as a person would; return its exit status and the lines it wrote."""
    command = [sys.executable, "-X", "utf8", str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def problems_with(tmp_path: Path, *lines: str) -> list[str]:
    """Return the problems of the real bank with `lines` planted at its end."""
    bank = tmp_path / "bank.jsonl"
    bank.write_text(BANK.read_text(encoding="utf-8") + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    concepts = tmp_path / "concepts.json"
    concepts.write_text("{}", encoding="utf-8")  # counting hundreds of concepts for each fault would only take time
    status, written = run_check("--bank", bank, "--concepts", concepts)
    assert status == 1
    return written


def entry(**changes: str) -> str:
    return json.dumps(GOOD | changes, ensure_ascii=False)


def test_bank_has_no_problem() -> None:
    status, written = run_check()
    assert (status, len(written)) == (0, 1), written
    assert written[0].endswith("no problem")


def test_bank_has_enough_captions_in_each_language() -> None:
    captions = [json.loads(line) for line in BANK.read_text(encoding="utf-8").splitlines()]
    assert len({caption["en"] for caption in captions}) >= 1600
    assert len({caption["zh"] for caption in captions}) >= 1600
    assert 16 <= len({caption["topic"] for caption in captions}) <= 24


def test_coverage_table_counts_every_topic_and_concept() -> None:
    status, written = run_check("--coverage")
    table = {line[:32].strip(): line[32:].split() for line in written[:-1]}
    concepts = json.loads((BANK.parent / "concepts.json").read_text(encoding="utf-8"))
    assert status == 0
    assert int(table["pets"][0]) >= 50
    assert len(concepts) >= 250
    assert all(int(count) >= 2 for name in concepts for count in table[name])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{'id': 1}", "not JSON"),
        ('{"id": "food-998", "en": "a plate of food on a table"}', "not an object with exactly"),
        ('["food-998", "food", "a plate of food", "盘子里的食物"]', "not an object with exactly"),
        (entry(en=" padded plum jam in a kettle"), "a value is empty, padded"),
        (entry(zh=""), "a value is empty, padded"),
        (entry(id="food-001"), "food-001: identifier used 2 times"),
        (entry(id="pets-998"), 'pets-998: identifier is not "food-"'),
        (entry(en="jam kettle"), "2 English words"),
        (entry(en="plum jam that simmers very slowly inside the big kettle of my old grandma"), "14 English words"),
        (entry(en="plum jam simmering in 铜锅 kettle"), "English with other than"),
        (entry(en="plum jam simmering inside the kettle."), "English with other than"),
        (entry(zh="李子果酱"), "4 Chinese characters"),
        (entry(zh="老奶奶在自家灶台上用一口大铜锅慢慢熬煮着的李子酱"), "24 Chinese characters"),
        (entry(zh="plum jam 李子酱在锅里"), "not mostly Chinese"),
        (entry(zh="铜锅里熬煮着的李子酱。"), "ends like a sentence"),
        (entry(en="A Dog, lying on a SOFA"), "duplicate of pets-002 (en)"),
        (entry(zh="狗,趴在沙发上"), "duplicate of pets-002 (zh)"),
        (entry(en="the dog running across green brown grass"), "near-duplicate of pets-001 (en, 1.00)"),
        (entry(zh="一只棕色的狗在草地上奔跑着"), "near-duplicate of pets-001 (zh, 0.92)"),
    ],
)
def test_planted_fault_is_found_and_nothing_else_is(tmp_path: Path, line: str, problem: str) -> None:
    written = problems_with(tmp_path, line)
    assert len(written) == 1, written
    assert problem in written[0]


def test_good_caption_is_welcome(tmp_path: Path) -> None:
    bank = tmp_path / "bank.jsonl"
    bank.write_text(BANK.read_text(encoding="utf-8") + entry() + "\n", encoding="utf-8")
    assert run_check("--bank", bank)[0] == 0


def test_small_topic_is_found(tmp_path: Path) -> None:
    assert problems_with(tmp_path, entry(id="jam-001", topic="jam")) == ["topic jam: 1 captions, fewer than 50"]


def test_missing_concept_is_found(tmp_path: Path) -> None:
    concepts = tmp_path / "concepts.json"
    concepts.write_text(
        '{"dog": {"en": ["dog"], "zh": ["狗"]}, "sextant": {"en": ["sextant"], "zh": ["六分仪"]}}', "utf-8"
    )
    expected = [f"concept sextant: 0 captions ({language}), fewer than 2" for language in ("en", "zh")]
    assert run_check("--concepts", concepts) == (1, expected)


def test_small_bank_is_found(tmp_path: Path) -> None:
    bank = tmp_path / "bank.jsonl"
    bank.write_text(entry() + "\n", encoding="utf-8")
    assert "bank: 1 captions, fewer than 1600" in run_check("--bank", bank)[1]
