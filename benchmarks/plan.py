"""What is measured: which figures of whom, at which sizes, in which environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import corpus, libraries, towers
from engine.config import DEFAULT_MODEL

if TYPE_CHECKING:
    from pathlib import Path

QUERIES = 40
SECTIONS = ("indexing", "search", "query", "upkeep")
# Graphs take many minutes to build beyond this, and LanceDB and sqlite-vec seconds for a query.
LARGEST_GRAPH = 100_000
PEERS = ("numpy_float32", "faiss_flat", "vec0_float", "vec0_bit", "lancedb", "faiss_hnsw", "usearch", "hnswlib")
GRAPHS = PEERS[-3:]
INDEXING_PEERS = {"rclip": "rclip", "sentence-transformers": "sentence_transformers", "plain loop": "plain_loop"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything: photos to index, vectors to search, photos of a library, files to look at again."""

    photos: tuple[int, ...] = (16, 32, 64)
    small_photos: int = 160
    heics: int = 8  # making one takes 20 s
    vectors: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    dims: tuple[int, ...] = (512, 256)
    library: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    files: tuple[int, ...] = (10_000, 30_000, 100_000)
    rest_s: float = 600.0


FULL = Sizes()
SHORT = Sizes((4,), 8, 1, (2000,), (64,), (1000,), (200,), 0.5)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One function with its arguments. ``peer``: it runs in the environment of the peers."""

    section: str
    what: str
    subject: str
    size: int
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)
    peer: bool = False


def indexing(place: Path, sizes: Sizes) -> list[Measurement]:
    """Photos a second, from files to vectors, and stage by stage."""
    tower = str(towers.made(place))
    found = []
    for kind in corpus.KINDS:
        counts = _photo_counts(kind, sizes)
        for count in counts:
            try:
                photos = str(corpus.made(place, kind, count))
            except ImportError:
                continue  # HEIC without pillow-heif, which is a peers' library
            found += _indexing_by_balloon(kind, count, photos, tower, with_stages=count == counts[-1])
            if count == counts[-1]:
                found += _indexing_by_peers(kind, count, {"photos": photos, "towers": tower})
    return found


def _photo_counts(kind: str, sizes: Sizes) -> tuple[int, ...]:
    if kind == corpus.KINDS[0]:
        return sizes.photos
    return (sizes.small_photos,) if "0.3" in kind else (sizes.heics,)


def _indexing_by_balloon(kind: str, count: int, photos: str, tower: str, *, with_stages: bool) -> list[Measurement]:
    found = []
    models = {"Balloon, mini": {"model": DEFAULT_MODEL}, "Balloon, ViT-B/32": {"model": towers.KEY, "models": tower}}
    for subject, model in models.items():
        arguments = {"photos": photos, **model}
        found.append(Measurement("indexing", kind, subject, count, "measure_indexing:whole", arguments))
        if with_stages:
            found.append(Measurement("stages", kind, subject, count, "measure_indexing:stages", arguments))
    return found


def _indexing_by_peers(kind: str, count: int, arguments: dict[str, Any]) -> list[Measurement]:
    return [
        Measurement("indexing", kind, f"{name}, ViT-B/32", count, f"peers_indexing:{function}", arguments, peer=True)
        for name, function in INDEXING_PEERS.items()
    ]


def search(place: Path, sizes: Sizes) -> list[Measurement]:
    """The nearest of many vectors: as encoders give them, and for Balloon such as it gains least with."""
    found = []
    for dim, even in [*((dim, False) for dim in sizes.dims), (sizes.dims[0], True)]:
        name = f"{dim}-{'even' if even else 'falling'}"
        queries = _saved(place / f"queries-{name}.npy", partial(libraries.queries, QUERIES, dim, even=even))
        for count in sizes.vectors:
            vectors = _saved_vectors(place / f"vectors-{count}-{name}.npy", count, dim, even=even)
            files = {"queries": str(queries), "truth": str(vectors.with_suffix(".truth.npy"))}
            given = {"vectors": str(vectors), **files}
            library = {"library": str(place / f"vectors-{count}-{name}.library")}
            what = f"{dim}-d, even" if even else f"{dim}-d"
            stored = {"vectors": str(vectors), **library}
            found += [
                Measurement("prepare", what, "exact", count, "peers_search:exact", given),
                Measurement("prepare", what, "Balloon", count, "measure_search:stored", stored),
                Measurement("search", what, "Balloon", count, "measure_search:balloon", {**library, **files}),
            ]
            found += [
                Measurement("search", what, peer.replace("_", " "), count, f"peers_search:{peer}", given, peer=True)
                for peer in PEERS
                if dim == sizes.dims[0] and not even and (count <= LARGEST_GRAPH or peer not in GRAPHS)
            ]
    return found


def query(place: Path, sizes: Sizes) -> list[Measurement]:
    """A query end to end, over the wire."""
    return [
        Measurement("query", "over the wire", "Balloon", count, "measure_query:balloon", _library(place, count))
        for count in sizes.library
    ]


def _library(place: Path, count: int) -> dict[str, Any]:
    return {"library": str(libraries.made(place, count))}


def upkeep(place: Path, sizes: Sizes) -> list[Measurement]:
    """Rescans, one new photo, an engine at rest."""
    found = [
        Measurement("upkeep", "rescan", "Balloon", count, "measure_upkeep:rescan", {"photos": count})
        for count in sizes.files
    ]
    found += [
        Measurement("upkeep", "one new photo", "Balloon", count, "measure_upkeep:new_photo", _library(place, count))
        for count in sizes.library
    ]
    photos = corpus.made(place, corpus.KINDS[1], sizes.small_photos)
    rest = {"photos": str(photos), "rest_s": sizes.rest_s}
    return [*found, Measurement("upkeep", "at rest", "Balloon, mini", sizes.small_photos, "measure_upkeep:idle", rest)]


def _saved(path: Path, make: Any) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, make())
    return path


def _saved_vectors(path: Path, count: int, dim: int, *, even: bool) -> Path:
    """Written piece by piece: a million vectors of 512 components are 2 GB."""
    if not path.exists():
        part = path.with_suffix(".part.npy")
        stored = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=(count, dim))
        first = 0
        for drawn in libraries.vectors(count, dim, even=even):
            stored[first : first + len(drawn)] = drawn
            first += len(drawn)
        stored.flush()
        part.rename(path)
    return path
