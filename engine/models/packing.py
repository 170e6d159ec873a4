"""Packing: a foreign model's graphs and tokenizer into a package folder, with the narrower copies asked for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.errors import KnownError
from engine.models.accelerators import CPU, HALF_PRECISION, choose_providers
from engine.models.external_data import external_files
from engine.models.image_runner import trial_rows
from engine.models.layouts import ForeignModel, refused
from engine.models.package import ImageTower, ModelCard, TextTower, image_fingerprint, read_card, write_card
from engine.models.parity import Parity, compare
from engine.models.precision import can_convert, write_half, write_int8
from engine.models.session import GraphValue, Session, available_providers
from engine.models.tokenizer import TextTokenizer
from engine.models.trials import TEXTS
from engine.models.trying import HALF_COSINE, INT8_COSINE

if TYPE_CHECKING:
    from pathlib import Path

    from engine.models.importing import Naming, Precision

TOKENIZER = "tokenizer.json"
HALF = "image.half.onnx"


@dataclass(frozen=True, slots=True)
class Origin:
    """What is packed: the folder it came from, what that says, and how near an export is to PyTorch."""

    folder: Path
    model: ForeignModel
    logit_scale: float
    parity: tuple[Parity, ...] = ()


@dataclass(frozen=True, slots=True)
class Packed:
    """A package's card, and how near its graphs are to what they were made from."""

    card: ModelCard
    parity: tuple[Parity, ...]


def pack(origin: Origin, package: Path, naming: Naming, precision: Precision) -> Packed:
    """Fill ``package`` and write its card; raises ``KnownError`` (BAD_FILE, EXTRA_MISSING)."""
    card, parity = _copied(origin, package, naming), origin.parity
    if precision == "int8":
        parity = (*parity, *_narrow_both(origin.folder, package, card))
    elif _wants_half(precision):
        half = _add_half(package, card)
        parity, card = (*parity, half), _with_half(card, half)
    card = replace(card, fingerprint=image_fingerprint(package, card.image))
    _write_readme(package, card, parity)
    write_card(package, card)
    return Packed(read_card(package), parity)


def _copied(origin: Origin, package: Path, naming: Naming) -> ModelCard:
    """Copy graphs and tokenizer; the card has no fingerprint yet."""
    source, model = origin.folder, origin.model
    image_file, image_data = _copy_graph(source, model.image, package, "image")
    text_file, text_data = _copy_graph(source, model.text, package, "text")
    shutil.copyfile(model.tokenizer, package / TOKENIZER)
    image, dim = _image_tower(source, model, _load(source, package / image_file), image_file, image_data)
    text = _text_tower(source, model, _load(source, package / text_file), package, (text_file, text_data))
    return ModelCard(
        key=naming.key,
        name=naming.name,
        dim=dim,
        languages=naming.languages,
        licence=naming.licence,
        image=image,
        text=text,
        logit_scale=origin.logit_scale,
        fingerprint="",
        sources=({"name": naming.source} | ({"url": naming.url} if naming.url else {}),),
    )


def _copy_graph(source: Path, graph: Path, package: Path, tower: str) -> tuple[str, tuple[str, ...]]:
    """Copy a graph as ``tower``.onnx, or with the files of its weights, which it knows by name, into a folder."""
    try:
        names = sorted(external_files(graph))
    except ValueError as error:
        raise refused(source, f"{graph.name} is no graph that ONNX Runtime loads: {error}") from error
    if not names:
        shutil.copyfile(graph, package / f"{tower}.onnx")
        return f"{tower}.onnx", ()
    for name in (graph.name, *names):
        if not (graph.parent / name).is_file():
            raise refused(source, f"{graph.name} keeps its weights in {name}, which is missing")
        (package / tower / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(graph.parent / name, package / tower / name)
    return f"{tower}/{graph.name}", tuple(f"{tower}/{name}" for name in names)


def _load(source: Path, copy: Path) -> Session:
    try:
        return Session(copy)
    except KnownError as error:
        raise refused(source, f"{copy.name} is no graph that ONNX Runtime loads") from error


def _image_tower(
    source: Path, model: ForeignModel, session: Session, file: str, data: tuple[str, ...]
) -> tuple[ImageTower, int]:
    if len(session.inputs) != 1:
        raise refused(source, "its image tower takes more than pictures")
    taken = session.inputs[0]
    output = _output(source, session, model.image_outputs)
    if not isinstance(output.shape[-1], int):
        raise refused(source, "its image tower does not say how long its vectors are")
    tower = ImageTower(file, model.input_spec, input=taken.name, output=output.name, data_files=data)
    if taken.kind != "tensor(uint8)":
        tower = replace(tower, dtype="float32", mean=model.mean, std=model.std)
    return tower, output.shape[-1]


def _text_tower(
    source: Path, model: ForeignModel, session: Session, package: Path, files: tuple[str, tuple[str, ...]]
) -> TextTower:
    masks = [value for value in session.inputs if value.name == "attention_mask"]
    ids = [value for value in session.inputs if value.name != "attention_mask"]
    if len(ids) != 1:
        raise refused(source, "its text tower takes more than token ids and their mask")
    fixed = ids[0].shape[-1]  # a graph made for one length wants exactly that
    padding: Literal["longest", "max_length"] = model.padding if fixed is None else "max_length"
    return TextTower(
        files[0],
        TOKENIZER,
        fixed or model.max_length,
        padding,
        _pad_id(source, model, package / TOKENIZER),
        cleaning=model.cleaning,
        input_ids=ids[0].name,
        attention_mask=masks[0].name if masks else None,
        output=_output(source, session, model.text_outputs).name,
        data_files=files[1],
    )


def _output(source: Path, session: Session, wanted: tuple[str, ...]) -> GraphValue:
    """The output that is the vector: one of the known names, else the only one."""
    named = [value for name in wanted for value in session.outputs if value.name == name]
    found = named or list(session.outputs)
    if not named and len(found) != 1:
        raise refused(source, "it is not clear which output of a tower is the vector")
    return found[0]


def _pad_id(source: Path, model: ForeignModel, tokenizer: Path) -> int:
    from tokenizers import Tokenizer

    if model.pad_token is None:
        return 0
    try:
        found: int | None = Tokenizer.from_file(str(tokenizer)).token_to_id(model.pad_token)
    except Exception as error:  # the library raises bare Exception for any unreadable file
        raise refused(source, "its tokenizer cannot be read") from error
    if found is None:
        raise refused(source, f"its tokenizer does not know the token {model.pad_token!r}")
    return found


# Narrower copies


def _wants_half(precision: Precision) -> bool:
    """``auto`` makes the copy where something here would use it, and leaves it where the extra is missing."""
    if precision == "auto":
        usable = set(choose_providers(available_providers()).providers) & HALF_PRECISION
        return bool(usable - {CPU}) and can_convert()
    return precision == "fp16"


def _add_half(package: Path, card: ModelCard) -> Parity:
    write_half(package / card.image.file, package / HALF)
    return _image_likeness(package, card, HALF, "image, float16")


def _with_half(card: ModelCard, half: Parity) -> ModelCard:
    """A float16 copy too far from the original is left where it is not looked for: the GPU then runs float32."""
    if not half.cosine >= HALF_COSINE:
        return card
    return replace(card, image=replace(card.image, half_file=HALF))


def _narrow_both(source: Path, package: Path, card: ModelCard) -> tuple[Parity, Parity]:
    """Put int8 graphs in the place of both; raises ``KnownError`` where that changes the vectors too much."""
    if card.image.data_files or card.text.data_files:
        raise refused(source, "weights in a second file cannot be made narrower")
    image, text = package / card.image.file, package / card.text.file
    write_int8(image, package / "image.int8")
    write_int8(text, package / "text.int8")
    found = (
        _image_likeness(package, card, "image.int8", "image, int8"),
        _text_likeness(package, card, "text.int8", "text, int8"),
    )
    for parity in found:
        if not parity.cosine >= INT8_COSINE:
            raise refused(source, f"in int8 it is no longer the same model ({parity.describe()})")
    (package / "image.int8").replace(image)
    (package / "text.int8").replace(text)
    return found


def _image_likeness(package: Path, card: ModelCard, other: str, name: str) -> Parity:
    tower, rows = card.image, trial_rows(card)
    expected, found = (Session(package / graph).run(tower.output, {tower.input: rows}) for graph in (tower.file, other))
    return compare(name, expected, found)


def _text_likeness(package: Path, card: ModelCard, other: str, name: str) -> Parity:
    tower, tokenizer = card.text, TextTokenizer(package, card.text)
    rows = []
    for graph in (tower.file, other):
        session = Session(package / graph)
        vectors = []
        for text in TEXTS:
            ids, mask = tokenizer.encode([text])
            feeds = {tower.input_ids: ids} | ({tower.attention_mask: mask} if tower.attention_mask else {})
            vectors.append(session.run(tower.output, feeds))
        rows.append(np.concatenate(vectors))
    return compare(name, rows[0], rows[1])


def _write_readme(package: Path, card: ModelCard, parity: tuple[Parity, ...]) -> None:
    lines = [f"# {card.name}", "", f"{card.sources[0]['name']}. Licence: {card.licence}.", ""]
    if parity:
        lines += ["Compared with what it was made from, by unit vectors:", ""]
        lines += [f"- {each.describe()}" for each in parity]
    (package / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
