"""From a ready-made ONNX folder to a model package of one's own: copied, described, tried out, then put in its place.

Nothing is half-installed: the package is made in a folder beside the others and renamed when its towers have worked.
"""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.errors import KnownError
from engine.models.encoder import Encoder
from engine.models.layouts import ForeignModel, read_layout, refused
from engine.models.package import ImageTower, ModelCard, TextTower, image_fingerprint, write_card
from engine.models.session import GraphValue, Session
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGIT_SCALE = 100.0
"""Where CLIP clamps its learnt scale (Radford et al. 2021); the folders do not say theirs."""
UNKNOWN_LICENCE = "not stated"
SAME_VECTOR = 0.999
"""A text and its neighbours: cosine between its vector alone and in company, below which padding is misread."""
_TRIALS = ("a red balloon over the sea", "海上的红气球", "🎈", "a", "very long " * 300)


@dataclass(frozen=True, slots=True)
class Naming:
    """What the user says of the model and the folder does not: an empty ``key`` means the folder's own name."""

    key: str = ""
    languages: tuple[str, ...] = ()
    licence: str = ""


def import_folder(source: Path, models_dir: Path, naming: Naming, taken: Sequence[str] = ()) -> ModelCard:
    """Make a package of ``source`` in ``models_dir`` and give its card.

    ``taken`` are keys that may not be used. Raises ``KnownError`` (USAGE, BAD_FILE, DISK_FULL).
    """
    source = source.expanduser().absolute()
    model = read_layout(source)
    key = _key(naming.key or source.name, models_dir, taken)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".importing-", dir=models_dir) as scratch:
            package = Path(scratch) / key
            package.mkdir()
            card = _build(source, model, package, naming)
            _try_out(source, Encoder.open(package))
            package.rename(models_dir / key)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise KnownError(ErrorKind.DISK_FULL, "There is no room left for the model. Free some space.") from error
        raise refused(source, f"its files cannot be copied to {models_dir} ({error.strerror})") from error
    return card


def _key(wanted: str, models_dir: Path, taken: Sequence[str]) -> str:
    key = re.sub(r"[^\w.-]+", "-", wanted).strip(".-")
    if not key:
        raise KnownError(ErrorKind.USAGE, "A model's name may hold letters, digits, '-', '_' and '.'.")
    if key in taken or (models_dir / key).exists():
        raise KnownError(ErrorKind.USAGE, f"There is already a model called {key}. Choose another --name.")
    return key


def _build(source: Path, model: ForeignModel, package: Path, naming: Naming) -> ModelCard:
    """Copy the three files into ``package`` and write its card."""
    copies = {"image.onnx": model.image, "text.onnx": model.text, "tokenizer.json": model.tokenizer}
    for name, path in copies.items():
        shutil.copyfile(path, package / name)
    image_session, text_session = (_load(source, package / name) for name in ("image.onnx", "text.onnx"))
    image, dim = _image_tower(source, model, image_session)
    card = ModelCard(
        key=package.name,
        name=source.name,
        dim=dim,
        languages=naming.languages,
        licence=naming.licence or _stated_licence(source) or UNKNOWN_LICENCE,
        image=image,
        text=_text_tower(source, model, text_session, package),
        logit_scale=LOGIT_SCALE,
        fingerprint=image_fingerprint(package, image),
        sources=({"name": f"{source.name}, imported from a folder in {model.layout}'s layout"},),
    )
    write_card(package, card)
    return card


def _load(source: Path, copy: Path) -> Session:
    try:
        return Session(copy)
    except KnownError as error:
        why = (
            f"{copy.name} is no graph that ONNX Runtime loads from one file; weights kept in a second file do not work"
        )
        raise refused(source, why) from error


def _image_tower(source: Path, model: ForeignModel, session: Session) -> tuple[ImageTower, int]:
    if len(session.inputs) != 1:
        raise refused(source, "its image tower takes more than pictures")
    taken = session.inputs[0]
    output = _output(source, session, model.image_outputs)
    if not isinstance(output.shape[-1], int):
        raise refused(source, "its image tower does not say how long its vectors are")
    if taken.kind == "tensor(uint8)":
        return ImageTower("image.onnx", model.input_spec, input=taken.name, output=output.name), output.shape[-1]
    tower = ImageTower(
        "image.onnx", model.input_spec, "float32", model.mean, model.std, input=taken.name, output=output.name
    )
    return tower, output.shape[-1]


def _text_tower(source: Path, model: ForeignModel, session: Session, package: Path) -> TextTower:
    masks = [value for value in session.inputs if value.name == "attention_mask"]
    ids = [value for value in session.inputs if value.name != "attention_mask"]
    if len(ids) != 1:
        raise refused(source, "its text tower takes more than token ids and their mask")
    fixed = ids[0].shape[-1]  # a graph made for one length wants exactly that
    padding: Literal["longest", "max_length"] = model.padding if fixed is None else "max_length"
    return TextTower(
        "text.onnx",
        "tokenizer.json",
        fixed or model.max_length,
        padding,
        _pad_id(source, model, package / "tokenizer.json"),
        cleaning=model.cleaning,
        input_ids=ids[0].name,
        attention_mask=masks[0].name if masks else None,
        output=_output(source, session, model.text_outputs).name,
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


def _stated_licence(source: Path) -> str:
    """The ``license:`` line of a model card's head, as the Hugging Face hub has it."""
    try:
        head = (source / "README.md").read_text(encoding="utf-8", errors="replace").split("\n---", 1)[0]
    except OSError:
        return ""
    stated = re.search(r"^license:[ \t]*([\w.+-]+)[ \t]*$", head, re.MULTILINE)
    return stated[1] if stated and head.startswith("---") else ""


def _try_out(source: Path, encoder: Encoder) -> None:
    """Run both towers; refuse vectors that are no numbers, of two lengths, or that change with their company."""
    card, size = encoder.card, encoder.card.image.input_spec.size
    pixels = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), dtype=np.uint8)
    try:
        photos, texts = encoder.encode_images(pixels), encoder.encode_texts(_TRIALS)
        photos_alone = [encoder.encode_images(row[None]) for row in pixels]
        texts_alone = [encoder.encode_texts([text]) for text in _TRIALS]
    except Exception as error:  # onnxruntime's own exceptions share no base below Exception
        raise refused(source, f"a tower fails on a trial ({error})") from error
    if photos.shape != (len(pixels), card.dim) or texts.shape != (len(_TRIALS), card.dim):
        raise refused(
            source, f"its towers give vectors of different lengths ({photos.shape[-1]} and {texts.shape[-1]})"
        )
    together, alone = np.concatenate([photos, texts]), np.concatenate([*photos_alone, *texts_alone])
    if not np.isfinite(together).all():
        raise refused(source, "a tower gives no usable vector for a trial")
    if (together * alone).sum(axis=1).min() < SAME_VECTOR:
        raise refused(source, "the vector of a text or photo changes with what is encoded beside it")
