"""Indexing with what people would use instead, on the same photos with the same tower. Imports nothing of Balloon.

Runs in an environment of the peers' own (``peers.txt``).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

SIZE = 256
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)
BATCH = 32


def rclip(photos: str, towers: str) -> dict[str, float]:
    """rclip's own indexing of a folder, given a local tower instead of its download."""
    download: Any = importlib.import_module("rclip.model_download")
    download.download_onnx_model = lambda filename, **_: str(Path(towers) / filename)
    program, model, database = (importlib.import_module(f"rclip.{name}") for name in ("main", "model", "db"))
    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stderr(open(os.devnull, "w")):
        store = database.DB(Path(place) / "db.sqlite3", allow_vector_cache_reset=True)
        runner = program.RClip(model.Model(), store, BATCH // 4, None)  # 8 is rclip's default
        runner._model._session_visual  # noqa: B018  # loaded
        begun = time.perf_counter()
        runner.ensure_index(photos)
        took = time.perf_counter() - begun
        (count,) = store._con.execute("SELECT count(*) FROM images").fetchone()
        runner.close()
    return {"photos_per_s": count / took}


def _image() -> Any:
    """Pillow as someone with HEICs has it."""
    importlib.import_module("pillow_heif").register_heif_opener()
    return importlib.import_module("PIL.Image")


def sentence_transformers(photos: str, towers: str) -> dict[str, float]:
    """sentence-transformers' CLIP in PyTorch: ``encode`` of the pictures, as its documentation shows."""
    library: Any = importlib.import_module("sentence_transformers")
    image = _image()
    model = library.SentenceTransformer(str(Path(towers) / "clip"), device="cpu")
    paths = sorted(Path(photos).iterdir())
    model.encode([image.new("RGB", (SIZE, SIZE))])
    begun = time.perf_counter()
    model.encode([image.open(path) for path in paths], batch_size=BATCH)
    return {"photos_per_s": len(paths) / (time.perf_counter() - begun)}


def plain_loop(photos: str, towers: str) -> dict[str, float]:
    """For each photo: open, preprocess, run."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    runtime: Any = importlib.import_module("onnxruntime")
    image = _image()
    session = runtime.InferenceSession(str(Path(towers) / "visual.onnx"), providers=["CPUExecutionProvider"])
    paths = sorted(Path(photos).iterdir())
    vectors = []
    begun = time.perf_counter()
    for path in paths:
        picture = image.open(path).convert("RGB")
        scale = SIZE / min(picture.size)
        picture = picture.resize([max(SIZE, round(edge * scale)) for edge in picture.size], image.Resampling.BICUBIC)
        left, top = (picture.width - SIZE) // 2, (picture.height - SIZE) // 2
        pixels = np.asarray(picture.crop((left, top, left + SIZE, top + SIZE)), dtype=np.float32) / 255
        vectors.append(session.run(None, {"input": ((pixels - MEAN) / STD).transpose(2, 0, 1)[None]})[0])
    return {"photos_per_s": len(paths) / (time.perf_counter() - begun)}


if __name__ == "__main__":
    sys.exit("run by benchmarks.one")
