"""What a GPU is worth to Balloon: parity with the CPU, photos per second, and how long it waits for the decoders.

``python benchmarks/gpu.py --seconds 120`` prints one JSON line a part as it goes and one document at the end. Towers
of the sizes of ViT-B/32 and ViT-L/14 are made on the spot with random weights (their speed is that of trained ones)
through Balloon's own export. A part that fails says so and the next goes on; ``--tiny`` tries the script itself on any
computer. Where ONNX Runtime has no CUDA, the same sizes run through torch on the GPU, and the document says so.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import queue
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from benchmarks.gpu_material import Shape, make_photos, make_tower
from engine.imaging.jobs import Decoded, DecodeJob
from engine.models.accelerators import CPU, CUDA, choose_providers, gpu_memory
from engine.models.image_runner import ImageRunner
from engine.models.package import read_card
from engine.models.parity import compare
from engine.models.session import Session, available_providers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from engine.models.package import ImageTower, ModelCard

_SEEN = "BALLOON_GPU_LIBRARIES"
MINI = Path(__file__).resolve().parent.parent / "resources" / "models" / "balloon-mini"
BATCHES = (32, 128, 256)
UNBOUND = 128  # without I/O binding one size tells enough
SHORTEST_S = 10.0
PARITY_PHOTOS = 16
MEASURE_S = 0.4


SHAPES = (Shape("ViT-B/32", 768, 12, 12, 32), Shape("ViT-L/14", 1024, 24, 16, 14))
TINY_SHAPES = (Shape("ViT-tiny/32", 64, 2, 4, 32),)


class Report:
    """Collects the parts; each is printed when it is done, and none can take the others with it."""

    def __init__(self, seconds: float) -> None:
        self.parts: dict[str, Any] = {}
        self._end = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """Seconds until the time is up."""
        return self._end - time.monotonic()

    def part(self, name: str, work: Callable[[], Any], needs_s: float = 5.0) -> Any:
        """Do one part and give what it found, None where it failed or there was no time left."""
        started = time.monotonic()
        if self.left_s < needs_s:
            found: Any = {"skipped": "out of time"}
            result = None
        else:
            try:
                found = result = work()
            except Exception as error:  # noqa: BLE001 - that is the point: one part must not lose the others
                traceback.print_exc()
                found, result = {"failed": f"{type(error).__name__}: {error}"[:500]}, None
        self.parts[name] = found
        print(json.dumps({name: found, "took_s": round(time.monotonic() - started, 1)}, default=str), flush=True)
        return result


# Measuring towers


def pixels_of(count: int, size: int) -> NDArray[np.uint8]:
    """Noise: the same every time."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def parity(package: Path, provider: str) -> dict[str, Any]:
    """The accelerator's vectors against the CPU's, in float32 and float16."""
    card = read_card(package)
    tower, rows = card.image, pixels_of(PARITY_PHOTOS, card.image.input_spec.size)
    expected = Session(package / tower.file).run(tower.output, {tower.input: rows})
    found = {}
    for name, graph in (("float32", tower.file), ("float16", tower.half_file)):
        if graph is not None:
            session = Session(package / graph, provider=provider)
            likeness = compare("image", expected, session.run(tower.output, {tower.input: rows}))
            found[name] = {
                "cosine": likeness.cosine, "difference": likeness.difference, "provider": session.provider,
                "shares": session.shares,
            }  # fmt: skip
    return found


def speed(package: Path, provider: str, batches: tuple[int, ...], report: Report) -> dict[str, Any]:
    """Photos per second by precision, binding and batch."""
    card = read_card(package)
    tower, found = card.image, {}
    rows = pixels_of(max(batches), tower.input_spec.size)
    for precision, graph in (("float16", tower.half_file), ("float32", tower.file)):
        for binding in (True, False):
            if graph is None or report.left_s < SHORTEST_S:
                continue
            session = Session(package / graph, provider=provider, binding=binding)
            found[f"{precision}{', bound' if binding else ', not bound'}"] = {
                size: rate(session, tower, rows[:size]) for size in batches if binding or size in {UNBOUND, batches[0]}
            }
    return found


def rate(session: Session, tower: ImageTower, rows: NDArray[np.uint8]) -> float | str:
    """Photos per second after two batches to warm up; what stopped it where it does not fit."""
    try:
        for _ in range(2):
            session.run(tower.output, {tower.input: rows})
    except Exception as error:  # noqa: BLE001 - most likely memory; the smaller sizes still count
        return str(error)[:200]
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < MEASURE_S:
        session.run(tower.output, {tower.input: rows})
        count += len(rows)
    return round(count / (time.perf_counter() - started), 1)


# Feeding from the decoders


def fed(runner: ImageRunner, card: ModelCard, paths: list[Path], workers: int) -> dict[str, Any]:
    """Decode with Balloon's own pool and encode as it comes; how much of the time the tower had nothing to do."""
    from engine.imaging.pool import DecodePool

    arrived: queue.Queue[NDArray[np.uint8] | None] = queue.Queue(4096)
    spec = card.image.input_spec

    def decode() -> None:
        with DecodePool(workers) as pool:
            for result in pool.run(DecodeJob(number, path, (spec,)) for number, path in enumerate(paths)):
                if isinstance(result, Decoded):
                    arrived.put(result.inputs[0])
        arrived.put(None)

    thread = threading.Thread(target=decode, name="decode")
    thread.start()
    first = arrived.get()
    started, busy, count = time.perf_counter(), 0.0, 0
    for batch in batches_of(arrived, first, runner):
        begun = time.perf_counter()
        runner.run(card.image.output, batch)
        busy += time.perf_counter() - begun
        count += len(batch)
    took = time.perf_counter() - started
    thread.join()
    return {
        "photos": count, "photos_per_s": round(count / took, 1), "waiting": round(1 - busy / took, 3),
        "workers": workers, "batch": runner.batch_size, "provider": runner.facts.provider,
        "half_precision": runner.facts.half_precision,
    }  # fmt: skip


def batches_of(
    arrived: queue.Queue[NDArray[np.uint8] | None], first: NDArray[np.uint8] | None, runner: ImageRunner
) -> Iterator[NDArray[np.uint8]]:
    """What has arrived, in batches of the size that suits the tower."""
    waiting = [] if first is None else [first]
    while first is not None:
        pixels = arrived.get()
        if pixels is None:
            break
        waiting.append(pixels)
        if len(waiting) >= runner.batch_size:
            yield np.stack(waiting)
            waiting = []
    if waiting:
        yield np.stack(waiting)


def indexed(package: Path, photos: Path, library: Path) -> dict[str, Any]:
    """The whole road, as ``balloon index`` goes it: scan, digests, decoding, encoding, the library."""
    os.environ["BALLOON_MODELS"] = str(package.parent)
    from engine.api import Engine
    from engine.config import LibraryPaths

    with Engine.open_writer(LibraryPaths(library), package.name) as engine:
        runner: Any = engine.encoder._runner
        busy = [0.0]
        run = runner.run

        def timed(output: str, rows: Any) -> NDArray[np.float32]:
            begun = time.perf_counter()
            try:
                found: NDArray[np.float32] = run(output, rows)
                return found
            finally:
                busy[0] += time.perf_counter() - begun

        runner.run = timed
        runner.run(engine.encoder.card.image.output, pixels_of(64, engine.encoder.card.image.input_spec.size))
        busy[0] = 0.0
        done = engine.index([engine.add_folder(photos)])
    return {
        "photos": done.embedded, "photos_per_s": round(done.embedded / done.seconds, 1),
        "waiting": round(1 - busy[0] / done.seconds, 3), "seconds": round(done.seconds, 1),
        "provider": runner.facts.provider, "batch": runner.batch_size,
    }  # fmt: skip


def given_back(runner: ImageRunner) -> dict[str, Any]:
    """GPU memory before and after the tower is released."""
    before = gpu_memory()
    runner.release()
    after = gpu_memory()
    return {"before_mb": before and before[0] / 1e6, "after_mb": after and after[0] / 1e6}


def through_torch(shape: Shape, batches: tuple[int, ...]) -> dict[str, Any]:
    """The same size through torch on the GPU: what is left to measure where ONNX Runtime has no CUDA."""
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=shape.width, intermediate_size=4 * shape.width, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, patch_size=shape.patch, image_size=shape.size,
    )  # fmt: skip
    found: dict[str, Any] = {}
    for name, kind in (("float32", torch.float32), ("float16", torch.float16)):
        model: Any = CLIPVisionModel(config)
        model = model.to("cuda", kind).eval()
        for size in batches:
            values = torch.zeros((size, 3, shape.size, shape.size), dtype=kind, device="cuda")
            with torch.no_grad():
                model(values)
                torch.cuda.synchronize()
                started, count = time.perf_counter(), 0
                while time.perf_counter() - started < MEASURE_S:
                    model(values)
                    torch.cuda.synchronize()
                    count += size
            found[f"{name}, {size}"] = round(count / (time.perf_counter() - started), 1)
    return found


def surroundings() -> dict[str, Any]:
    """What runs here."""
    import onnxruntime

    found: dict[str, Any] = {
        "onnxruntime": onnxruntime.__version__, "available": available_providers(),
        "choice": choose_providers(available_providers()), "cores": os.cpu_count(), "gpu_memory": gpu_memory(),
    }  # fmt: skip
    try:
        import torch

        found["torch"] = torch.__version__
        found["gpu"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    except ImportError as error:
        found["torch"] = str(error)
    return found


def see_cuda_libraries() -> None:
    """Start again with the CUDA libraries of installed wheels in sight, wherever ONNX Runtime itself was put."""
    found = [str(place) for root in sys.path for place in sorted(Path(root or ".").glob("nvidia/*/lib"))]
    if sys.platform == "linux" and found and _SEEN not in os.environ:
        known = os.environ.get("LD_LIBRARY_PATH")
        os.environ["LD_LIBRARY_PATH"] = os.pathsep.join([*found, *([known] if known else [])])
        os.environ[_SEEN] = "1"
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="parts that would go past this are left out")
    parser.add_argument("--tiny", action="store_true", help="small sizes and the CPU: to try this script")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="decode workers")
    options = parser.parse_args()
    see_cuda_libraries()
    report = Report(options.seconds)
    with tempfile.TemporaryDirectory(prefix="balloon-gpu-") as scratch:
        _measure(Path(scratch), options, report)
    print(json.dumps(report.parts, default=str, indent=1))
    return 0


def _measure(scratch: Path, options: argparse.Namespace, report: Report) -> None:
    """One tower after the other, the embedded one first: borrowed time may end at any moment."""
    shapes, batches = (TINY_SHAPES, (4, 8)) if options.tiny else (SHAPES, BATCHES)
    sizes = {0.3: (8, 24)} if options.tiny else {0.3: (200, 6000), 12.0: (48, 1500)}
    found = report.part("surroundings", surroundings, needs_s=0)
    provider = CUDA if found and found["choice"].providers[0] == CUDA else CPU
    _draw(scratch, sizes, report)
    for shape in (None, *shapes):
        name, package = ("balloon-mini", MINI) if shape is None else (shape.name, _package(scratch, shape))
        if shape is not None:
            report.part(f"{name}: export", functools.partial(make_tower, shape, package), needs_s=SHORTEST_S)
        _measure_tower(name, package, _Ground(scratch, sizes, provider, batches, options.workers), report)
        if shape is not None and provider == CPU and not options.tiny:
            report.part(f"{name}: through torch", functools.partial(through_torch, shape, batches))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every tower is measured on: ``sizes`` are megapixels and how many photos are drawn and fed of them."""

    scratch: Path
    sizes: dict[float, tuple[int, int]]
    provider: str
    batches: tuple[int, ...]
    workers: int


def _measure_tower(name: str, package: Path, ground: _Ground, report: Report) -> None:
    report.part(f"{name}: parity", functools.partial(parity, package, ground.provider))
    rates = functools.partial(speed, package, ground.provider, ground.batches, report)
    report.part(f"{name}: photos/s", rates, needs_s=SHORTEST_S)
    report.part(f"{name}: fed", functools.partial(_fed_with_all, package, ground, report))
    for megapixels in ground.sizes:
        place = ground.scratch / f"library-{package.name}-{megapixels}"
        work = functools.partial(indexed, package, ground.scratch / f"photos-{megapixels}", place)
        report.part(f"{name}: indexed, {megapixels} megapixel", work, needs_s=SHORTEST_S)


def _package(scratch: Path, shape: Shape) -> Path:
    return scratch / "models" / shape.name.replace("/", "-")


def _draw(scratch: Path, sizes: dict[float, tuple[int, int]], report: Report) -> None:
    """Draw the photos, all at once in processes of their own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as others:
        drawn = {
            megapixels: others.submit(make_photos, scratch / f"photos-{megapixels}", megapixels, count)
            for megapixels, (count, _) in sizes.items()
        }
        for megapixels, photos in drawn.items():
            report.part(f"{megapixels} megapixel: files", photos.result)


def _fed_with_all(package: Path, ground: _Ground, report: Report) -> dict[str, Any]:
    card = read_card(package)
    runner = ImageRunner(package, card)
    begun = time.perf_counter()
    runner.run(card.image.output, pixels_of(8, card.image.input_spec.size))
    found: dict[str, Any] = {
        "first_photos_s": round(time.perf_counter() - begun, 1),
        "left_out": [*map(str, runner.facts.left_out)],
    }
    for megapixels, (_, total) in ground.sizes.items():
        paths = sorted((ground.scratch / f"photos-{megapixels}").glob("*.jpg"))
        if paths and report.left_s > SHORTEST_S:
            many = (paths * (total // len(paths) + 1))[:total]
            found[f"{megapixels} megapixel"] = fed(runner, card, many, ground.workers)
    return found | {"shares": runner.facts.shares, "given_back": given_back(runner)}


if __name__ == "__main__":
    sys.exit(main())
