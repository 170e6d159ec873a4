"""The work folder of one run: what is read from the pack, what each stage leaves behind, and the figures it saw.

A stage that finds its file does nothing, so an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tokenizers import Tokenizer

from engine.training.alignment import Album, captioned_album, labelled_album
from engine.training.corpus import Corpus, TeacherStore, gather
from engine.training.data import PackPhoto, Split, read_captioned, read_labelled, split
from engine.training.distillation import Lecture
from engine.training.features import best_device
from engine.training.image_tower import ImageTower
from engine.training.image_tuning import ImageCourse
from engine.training.joint import JointCourse, Towers
from engine.training.one_view import OneViewCourse
from engine.training.phrases import read_phrases, spoken
from engine.training.text_tower import TextTower, TextTowerShape
from engine.training.text_tuning import TextCourse
from engine.training.views import INPUT_SPEC, ViewPlan

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.imaging.preprocess import InputSpec
    from engine.models.recall import Recall
    from engine.training.pixels import CropPlan

logger = logging.getLogger(__name__)

IMAGE_WEIGHTS = "image_both.pt"  # of the finished image tower's late stages
WHOLE_WEIGHTS = "image_whole.pt"  # of late stages that see the whole photo
LARGE_WEIGHTS = "image_large.pt"  # of late stages that see it larger
FINISHED = "towers.pt"  # both finished towers of a run on a GPU
ROUNDED_WEIGHTS = "image_rounded.pt"  # of the whole finished image tower, all of them whole numbers

LARGE = 288  # pixels of a side


@dataclass(frozen=True, slots=True)
class JointPlan:
    """How a GPU trains both towers further, end to end: a pair for each of ``courses``, image blocks open from
    ``open_from`` on. All pairs see photos in one size, that of the first course.
    """

    open_from: int = 5
    drop_path: float = 0.05
    courses: tuple[JointCourse, ...] = (
        JointCourse(seed=1, image_rate=1e-4),
        JointCourse(seed=2, image_rate=1.5e-4),
        JointCourse(seed=3, image_rate=2.5e-4, dropout=0.2, label_weight=0.3, epochs=15),
    )

    @property
    def crops(self) -> CropPlan:
        """How all pairs' photos are cut."""
        return self.courses[0].crops


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen; two runs with equal settings give the same model."""

    seed: int = 1
    dim: int = 384
    vocabulary: int = 14_000
    teacher_layers: tuple[int, ...] = (0, 1, 2, 4, 5)
    text_dropout: float = 0.1
    open_from: int = 11
    drop_path: float = 0.0
    captioned_views: ViewPlan = field(default_factory=lambda: ViewPlan(views=6))
    labelled_views: ViewPlan = field(default_factory=lambda: ViewPlan(views=3))
    lecture: Lecture = field(default_factory=Lecture)
    image_course: ImageCourse = field(default_factory=ImageCourse)
    further_course: ImageCourse = field(
        default_factory=lambda: ImageCourse(epochs=6, learning_rate=1.5e-4, mapping_rate=5e-4)
    )
    text_course: TextCourse = field(default_factory=TextCourse)
    whole_captioned_views: ViewPlan = field(default_factory=lambda: ViewPlan(views=5, whole=True))
    whole_labelled_views: ViewPlan = field(default_factory=lambda: ViewPlan(views=2, whole=True))
    one_view_course: OneViewCourse = field(default_factory=OneViewCourse)
    large_captioned_views: ViewPlan = field(
        default_factory=lambda: ViewPlan(views=5, whole=True, centre=False, size=LARGE)
    )
    large_labelled_views: ViewPlan = field(
        default_factory=lambda: ViewPlan(views=2, whole=True, centre=False, size=LARGE)
    )
    large_view_course: OneViewCourse = field(default_factory=lambda: OneViewCourse(epochs=6))
    rounding_course: OneViewCourse = field(
        default_factory=lambda: OneViewCourse(epochs=6, learning_rate=2e-4, whole=0.4)
    )
    joint: JointPlan | None = None

    @classmethod
    def for_this_machine(cls) -> Settings:
        """The settings of the recipe; only a GPU can train further end to end."""
        return cls(joint=JointPlan() if best_device().type == "cuda" else None)


class Workshop:
    """Data pack and work folder of one run."""

    def __init__(self, data: Path, work: Path, settings: Settings) -> None:
        self.data = data
        self.work = work
        self.settings = settings
        work.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where a stage's file lies."""
        return self.work / name

    @cached_property
    def captioned(self) -> list[PackPhoto]:
        """Photos with captions."""
        return read_captioned(self.data)

    @cached_property
    def labelled(self) -> list[PackPhoto]:
        """Photos with labels only."""
        return read_labelled(self.data)

    @cached_property
    def split(self) -> Split:
        """Which captioned photos are held out; near-copies of forbidden photos are in neither part."""
        whole = split(self.captioned, seed=self.settings.seed)
        left_out = set(self.left_out("captioned"))
        return Split(
            tuple(row for row in whole.train if row not in left_out),
            tuple(row for row in whole.held_out if row not in left_out),
        )

    def left_out(self, which: str) -> list[int]:
        """Rows of near-copies found by the stage ``near_copies``."""
        path = self.path("near_copies.json")
        found: dict[str, list[int]] = json.loads(path.read_text()) if path.is_file() else {}
        return found.get(which, [])

    @cached_property
    def labelled_rows(self) -> NDArray[np.int64]:
        """Rows of the labelled photos that may be used."""
        left_out = set(self.left_out("labelled"))
        return np.array([row for row in range(len(self.labelled)) if row not in left_out])

    @cached_property
    def album(self) -> Album:
        """The captioned photos with all their texts."""
        return captioned_album(self.captioned)

    @cached_property
    def label_album(self) -> Album:
        """The labelled photos with the phrases for their labels."""
        table = read_phrases()
        return labelled_album(self.labelled, [spoken(photo.labels, table) for photo in self.labelled])

    @cached_property
    def corpus(self) -> Corpus:
        """All sentences but those of the held-out photos."""
        photos = [self.captioned[row] for row in self.split.train]
        return gather(self.data, photos, read_phrases().values())

    @cached_property
    def store(self) -> TeacherStore:
        """The teacher's vectors."""
        return TeacherStore(self.work)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The trained vocabulary."""
        return Tokenizer.from_file(str(self.path("tokenizer.json")))

    def text_tower(self, name: str | None = None) -> TextTower:
        """A text tower, with the weights of stage file ``name`` where given."""
        settings = self.settings
        shape = TextTowerShape(self.tokenizer.get_vocab_size(), layers=len(settings.teacher_layers), dim=settings.dim)
        tower = TextTower(shape, settings.text_dropout)
        if name is not None:
            tower.load_state_dict(torch.load(self.path(name), weights_only=True))
        return tower.eval()

    def image_tower(self, name: str | None = None) -> ImageTower:
        """An image tower, its late stages with the weights of stage file ``name`` where given."""
        settings = self.settings
        tower = ImageTower.pretrained(settings.dim, settings.open_from, settings.drop_path)
        if name is not None:
            tower.late.load_state_dict(torch.load(self.path(name), weights_only=True))
        return tower.eval()

    @property
    def takes_joint(self) -> bool:
        """Whether training end to end took place and did better on the held-out photos than what it started from."""
        figures = self.noted("joint")
        return self.settings.joint is not None and figures is not None and bool(figures["better"])

    @property
    def takes_one_view(self) -> bool:
        """Whether the image tower that sees the whole photo did better on the held-out photos than the centre alone."""
        figures = self.noted("one_view")
        return figures is not None and bool(figures["better"])

    @property
    def takes_large_view(self) -> bool:
        """Whether the image tower that learnt to see it larger did better on the held-out photos than all before it."""
        figures = self.noted("large_view")
        return figures is not None and bool(figures["better"])

    def whole_image_tower(self) -> ImageTower:
        """The image tower that sees the whole photo, where that was better, at the size it was pretrained on."""
        return self.image_tower(WHOLE_WEIGHTS if self.takes_one_view else IMAGE_WEIGHTS)

    def staged_image_tower(self) -> ImageTower:
        """The best image tower of those trained without a GPU."""
        return self.image_tower(LARGE_WEIGHTS) if self.takes_large_view else self.whole_image_tower()

    def finished_image_tower(self) -> ImageTower:
        """The image tower that goes into the package."""
        return self.joint_towers().image if self.takes_joint else self.staged_image_tower()

    def tower_to_round(self) -> ImageTower:
        """The finished image tower; on a GPU all blocks open, since rounding the early ones costs most."""
        tower = self.finished_image_tower()
        return tower.opened(0, drop_path=0.0) if self.takes_joint else tower

    def plan_to_round(self, which: str) -> ViewPlan:
        """How photos are cut for learning to round: as the finished tower sees them, and a few times otherwise."""
        settings = self.settings
        plans = {"captioned": settings.captioned_views, "labelled": settings.labelled_views}
        if self.takes_large_view:
            plans = {"captioned": settings.large_captioned_views, "labelled": settings.large_labelled_views}
        elif self.takes_one_view:
            plans = {"captioned": settings.whole_captioned_views, "labelled": settings.whole_labelled_views}
        return replace(plans[which], views=min(3, plans[which].views))

    def rounded_image_tower(self) -> ImageTower:
        """The finished image tower after its weights learnt to be whole numbers."""
        tower = self.tower_to_round()
        tower.load_state_dict(torch.load(self.path(ROUNDED_WEIGHTS), weights_only=True))
        return tower.eval()

    def finished_text_tower(self) -> TextTower:
        """The text tower that goes into the package."""
        return self.joint_towers().text if self.takes_joint else self.text_tower("text.pt")

    def staged_towers(self) -> Towers:
        """Both towers where training them one after the other ended, opened for training end to end."""
        plan = self.settings.joint
        assert plan is not None, "only a run on a GPU goes on from here"
        image = self.staged_image_tower().opened(plan.open_from, plan.drop_path)
        return Towers(image, self.text_tower("text.pt"), self.noted("text")["scale"])

    def joint_towers(self) -> Towers:
        """Both towers after training end to end."""
        towers = self.staged_towers()
        towers.load_state_dict(torch.load(self.path(FINISHED), weights_only=True))
        return towers.eval()

    @property
    def finished_scale(self) -> float:
        """The factor between the finished towers' cosines and their logits."""
        return self.joint_towers().scale if self.takes_joint else float(self.noted("text")["scale"])

    @property
    def input_spec(self) -> InputSpec:
        """How the finished image tower sees a photo: whole and larger where that was better."""
        if self.takes_joint and self.settings.joint is not None:
            return replace(INPUT_SPEC, resize="squash", size=self.settings.joint.crops.size)
        if self.takes_large_view:
            return replace(INPUT_SPEC, resize="squash", size=self.settings.large_captioned_views.size)
        return replace(INPUT_SPEC, resize="squash") if self.takes_one_view else INPUT_SPEC

    def pixels(self, which: str) -> NDArray[np.uint8]:
        """The squashed pixels of ``captioned`` or ``labelled`` photos, mapped from disk."""
        stored: NDArray[np.uint8] = np.load(self.path(f"pixels_{which}.npy"), mmap_mode="r")
        return stored

    def sides(self, which: str) -> NDArray[np.int64]:
        """Width and height (N, 2) that the same photos had before they were squashed."""
        stored: NDArray[np.int64] = np.load(self.path(f"sides_{which}.npy"))
        return stored

    def views(self, which: str, kind: str = "views") -> NDArray[np.float16]:
        """The cached activations of ``captioned`` or ``labelled`` photos, mapped from disk.

        The first view is the centre, or with ``kind`` "whole" or "large" the whole photo.
        """
        states: NDArray[np.float16] = np.load(self.path(f"{kind}_{which}.npy"), mmap_mode="r")
        return states

    def note(self, name: str, values: Any) -> None:
        """Write down the figures of a stage and say them."""
        self.write_down(name, values)
        logger.info("%s: %s", name, json.dumps(values, ensure_ascii=False)[:600])

    def write_down(self, name: str, values: Any) -> None:
        """Write down figures without a word."""
        path = self.path(f"figures_{name}.json")
        part = path.with_suffix(".part")  # a file cut off would stop every later run
        part.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
        part.replace(path)

    def noted(self, name: str) -> Any:
        """Read the figures of a stage; None where it has not run."""
        path = self.path(f"figures_{name}.json")
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def plain(figures: Recall) -> dict[str, dict[str, float]]:
    """Recall as plain values, three digits."""
    return {
        direction: {key: round(value, 4) for key, value in asdict(row).items()}
        for direction, row in (("text_to_image", figures.text_to_image), ("image_to_text", figures.image_to_text))
    }
