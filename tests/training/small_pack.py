"""A data pack small enough for tests: made photos with captions that say their colours."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = {"red": ("红", (200, 30, 30)), "green": ("绿", (30, 180, 40)), "blue": ("蓝", (30, 50, 210))}


def made_picture(seed: int, size: tuple[int, int] = (90, 60)) -> Image.Image:
    """A smooth random picture, different for every seed, in the colour of its number."""
    colour = list(COLOURS.values())[seed % 3][1]
    small = np.random.default_rng(seed).integers(0, 120, (5, 7, 3)) + np.array(colour) // 2
    return Image.fromarray(small.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)


def write_pack(folder: Path, captioned: int, labelled: int) -> Path:
    """Write a pack of so many photos into ``folder``."""
    (folder / "text").mkdir(parents=True)
    told = [_captioned(row) for row in range(captioned)]
    named = [_labelled(row) for row in range(labelled)]
    for name, rows in (("captions", told), ("labels", named)):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    numbered = list(enumerate([*told, *named]))
    for shard in {row["shard"] for _, row in numbered}:
        with tarfile.open(folder / shard, "w") as tar:
            for number, row in numbered:
                if row["shard"] == shard:
                    _add(tar, row["file"], made_picture(number))
    texts = {
        "english_captions.txt.gz": "a dog \n\n two  cats\n",
        "flickr8k_en_zh.jsonl.gz": json.dumps({"en": "a dog", "zh": "一只狗", "by": "machine"}) + "\n",
        "flickr8k_zh_human.jsonl.gz": json.dumps({"en": ["a boy", "a child"], "zh": ["男孩"]}) + "\n",
    }
    for name, text in texts.items():
        (folder / "text" / name).write_bytes(gzip.compress(text.encode()))
    return folder


def _captioned(row: int) -> dict[str, Any]:
    english, (chinese, _) = list(COLOURS.items())[row % 3]
    return {
        "shard": f"captioned-0{row % 2}.tar",
        "file": f"coco/{row}.webp",
        "source": "coco",
        "en": [f"a  photo {row} in {english}"],
        "zh": [f"{chinese}色的照片{row}"],
        "tags_en": [english, "sea"],
        "tags_zh": [chinese, "海"],
    }


def _labelled(row: int) -> dict[str, Any]:
    return {
        "shard": "labelled-00.tar",
        "file": f"l/{row}.webp",
        "source": "corel5k",
        "labels": ["sky", "sun"][: row + 1],
    }


def _add(tar: tarfile.TarFile, name: str, picture: Image.Image) -> None:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", quality=90)
    info = tarfile.TarInfo(name)
    info.size = stream.tell()
    tar.addfile(info, io.BytesIO(stream.getvalue()))
