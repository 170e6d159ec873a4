"""The stages from the data pack to two trained towers; each leaves a file and figures in the work folder."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.training.batches import tokenise
from engine.training.data import read_captioned
from engine.training.distillation import chinese_lessons, english_lessons, teach
from engine.training.early import EarlySession
from engine.training.features import best_device, minilm
from engine.training.held_out import held_out, measure_held_out
from engine.training.image_tuning import Gallery, Pair, english_only, image_vectors, pooled_features, tune_image
from engine.training.mapping import SharedMapping
from engine.training.near_copies import find_near_copies, hash_folder
from engine.training.text_tower import start_from_bert
from engine.training.text_tuning import Exhibition, text_vectors, tune_text
from engine.training.trainer import Pairs, Recipe, train_mapping
from engine.training.views import cache_views
from engine.training.vocabulary import common_characters, train_vocabulary
from engine.training.workshop import IMAGE_WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.training.alignment import Album
    from engine.training.workshop import Workshop

logger = logging.getLogger(__name__)

TEXT_START = "image_both_text.pt"


def keep_away(shop: Workshop, folder: Path | None) -> None:
    """Leave out photos that look like one of ``folder``, so that those can be used for testing."""
    path = shop.path("near_copies.json")
    if path.is_file():
        return
    forbidden = {} if folder is None else hash_folder(folder)
    found = {
        "captioned": find_near_copies(shop.data, read_captioned(shop.data), forbidden),
        "labelled": find_near_copies(shop.data, shop.labelled, forbidden),
    }
    path.write_text(json.dumps({which: [copy.row for copy in copies] for which, copies in found.items()}))
    shop.note("near_copies", {which: [[c.row, c.like, c.bits] for c in copies] for which, copies in found.items()})


def ask_teacher(shop: Workshop) -> None:
    """Store the teacher's vectors of every English text, those of all albums among them."""
    albums = [text for album in (shop.album, shop.label_album) for text in english_texts(album)]
    shop.store.learn([*shop.corpus.english_texts(), *albums], minilm())


def make_vocabulary(shop: Workshop) -> None:
    """Learn the sub-word vocabulary of both languages."""
    path = shop.path("tokenizer.json")
    if not path.is_file():
        texts = [*shop.corpus.english_texts(), *shop.corpus.chinese_texts()]
        train_vocabulary(texts, shop.settings.vocabulary, common_characters()).save(str(path))


def distil(shop: Workshop) -> None:
    """Teach the text tower what the teacher knows, and Chinese."""
    path = shop.path("taught.pt")
    if path.is_file():
        return
    torch.manual_seed(shop.settings.seed)
    tower, teacher = shop.text_tower(), minilm()
    start_from_bert(tower, teacher.model.cpu(), teacher.tokenizer, shop.tokenizer, shop.settings.teacher_layers)
    english = english_lessons(shop.corpus, shop.store, shop.tokenizer)
    chinese = chinese_lessons(shop.corpus, shop.store, shop.tokenizer)
    teach(tower, english, chinese, shop.settings.lecture)
    torch.save(tower.cpu().state_dict(), path)


def cut_views(shop: Workshop) -> None:
    """Run several views of every photo through the fixed early stages."""
    settings = shop.settings
    early = EarlySession.make(shop.image_tower(), shop.path("early.onnx"))
    cache_views(shop.data, shop.captioned, early, shop.path("views_captioned.npy"), settings.captioned_views)
    cache_views(shop.data, shop.labelled, early, shop.path("views_labelled.npy"), settings.labelled_views)


def english_texts(album: Album) -> list[str]:
    """Every English text of an album once."""
    rows = sorted({text for pool in album.english for text in pool})
    return [album.texts[row] for row in rows]


def taught_vectors(shop: Workshop, album: Album) -> NDArray[np.float32]:
    """The teacher's vectors (T, d) of an album's English texts; zeros for the Chinese ones."""
    rows = sorted({text for pool in album.english for text in pool})
    out = np.zeros((len(album.texts), minilm().dim), np.float32)
    out[rows] = shop.store.vectors([album.texts[row] for row in rows])
    return out


def encode_sentences(shop: Workshop) -> None:
    """Store the taught tower's sentence vectors of all captions and label phrases, in both languages."""
    path = shop.path("sentences.npz")
    if path.is_file():
        return
    tower = shop.text_tower("taught.pt").to(best_device())
    vectors = {
        which: text_vectors(tower, tokenise(shop.tokenizer, album.texts), sentences=True)
        for which, album in (("captioned", shop.album), ("labelled", shop.label_album))
    }
    np.savez(path, captioned=vectors["captioned"], labelled=vectors["labelled"])


def baseline(shop: Workshop) -> None:
    """Train the linear mapping on frozen features: where the image tower starts and what it must not fall below."""
    path = shop.path("frozen.pt")
    if path.is_file():
        return
    tower = shop.image_tower()
    features = pooled_features(tower.late, shop.views("captioned")[:, 0])
    np.save(shop.path("pooled.npy"), features)
    mean, std = features.mean(axis=0), features.std(axis=0) + 1e-3
    vectors = taught_vectors(shop, shop.album)
    pairs = _pairs(shop, vectors, (features - mean) / std).of_photos(np.array(shop.split.train))
    torch.manual_seed(shop.settings.seed)
    mapping = SharedMapping(vectors.shape[1], features.shape[1], shop.settings.dim, dropout=0.4)
    training = train_mapping(mapping, pairs, Recipe(epochs=15, seed=shop.settings.seed))
    tower.take_mapping(mapping, torch.from_numpy(mean), torch.from_numpy(std))
    saved = {"late": tower.late.state_dict(), "text": mapping.text.state_dict(), "scale": training.scale}
    torch.save(saved, path)
    part = held_out(shop)
    images = image_vectors(tower.late, shop.views("captioned")[part.photos, 0])
    shop.note("baseline", measure_held_out(part.only("en"), mapped(mapping.text, vectors), images))


def tune_images(shop: Workshop) -> None:
    """Fine-tune the late stages of the image tower on captions and labels."""
    path = shop.path("image.pt")
    if path.is_file():
        return
    vectors = taught_vectors(shop, shop.album)
    pair = start_pair(shop)
    captioned = Gallery(english_only(shop.album), shop.views("captioned"), np.array(shop.split.train), vectors)
    labels = taught_vectors(shop, shop.label_album)
    labelled = Gallery(english_only(shop.label_album), shop.views("labelled"), shop.labelled_rows, labels)
    tuned = tune_image(pair, captioned, labelled, shop.settings.image_course).cpu()
    torch.save(tuned.late.state_dict(), path)
    saved = {"text": tuned.text.state_dict(), "scale": float(tuned.log_scale.detach().exp())}
    torch.save(saved, shop.path("image_text.pt"))
    part = held_out(shop)
    images = image_vectors(tuned.late, shop.views("captioned")[part.photos, 0])
    shop.note("image", measure_held_out(part.only("en"), mapped(tuned.text, vectors), images))


def tune_images_further(shop: Workshop) -> None:
    """Go on fine-tuning with captions in both languages, now that the text tower knows both."""
    path = shop.path(IMAGE_WEIGHTS)
    if path.is_file():
        return
    sentences = np.load(shop.path("sentences.npz"))
    pair = start_pair(shop)
    pair.late.load_state_dict(torch.load(shop.path("image.pt"), weights_only=True))
    saved = torch.load(shop.path("image_text.pt"), weights_only=True)
    pair.text.load_state_dict(saved["text"])
    captioned = Gallery(shop.album, shop.views("captioned"), np.array(shop.split.train), sentences["captioned"])
    labelled = Gallery(shop.label_album, shop.views("labelled"), shop.labelled_rows, sentences["labelled"])
    tuned = tune_image(pair, captioned, labelled, shop.settings.further_course).cpu()
    torch.save(tuned.late.state_dict(), path)
    torch.save({"text": tuned.text.state_dict(), "scale": float(tuned.log_scale.detach().exp())}, shop.path(TEXT_START))
    part = held_out(shop)
    images = image_vectors(tuned.late, shop.views("captioned")[part.photos, 0])
    shop.note("image_both", measure_held_out(part, mapped(tuned.text, sentences["captioned"]), images))


def start_pair(shop: Workshop) -> Pair:
    """The towers as the baseline left them."""
    saved = torch.load(shop.path("frozen.pt"), weights_only=True)
    tower = shop.image_tower()
    tower.late.load_state_dict(saved["late"])
    text = nn.Linear(saved["text"]["weight"].shape[1], shop.settings.dim)
    text.load_state_dict(saved["text"])
    return Pair(tower.late, text, saved["scale"])


def encode_images(shop: Workshop) -> None:
    """Store the tuned tower's vectors of all views."""
    path = shop.path("images.npz")
    if path.is_file():
        return
    late = shop.image_tower(IMAGE_WEIGHTS).late
    vectors = {}
    for which in ("captioned", "labelled"):
        views = shop.views(which)
        vectors[which] = np.stack([image_vectors(late, views[:, view]) for view in range(views.shape[1])], axis=1)
    np.savez(path, captioned=vectors["captioned"], labelled=vectors["labelled"])


def tune_texts(shop: Workshop) -> None:
    """Train the text tower with its mapping on captions in both languages."""
    path = shop.path("text.pt")
    if path.is_file():
        return
    tower = shop.text_tower("taught.pt")
    saved = torch.load(shop.path(TEXT_START), weights_only=True)
    tower.mapping.load_state_dict(saved["text"])
    images = np.load(shop.path("images.npz"))
    lessons = [make(shop.corpus, shop.store, shop.tokenizer) for make in (english_lessons, chinese_lessons)]
    tuned, scale = tune_text(
        tower,
        exhibition(shop, "captioned", images["captioned"]),
        exhibition(shop, "labelled", images["labelled"]),
        lessons,
        shop.settings.text_course,
        saved["scale"],
    )
    tuned.cpu()
    torch.save(tuned.state_dict(), path)
    part = held_out(shop)
    rows = np.unique(np.concatenate(list(part.texts.values())))
    texts = np.zeros((len(shop.album.texts), shop.settings.dim), np.float32)
    texts[rows] = text_vectors(tuned, tokenise(shop.tokenizer, [shop.album.texts[row] for row in rows]))
    shop.note("text", measure_held_out(part, texts, images["captioned"][part.photos, 0]) | {"scale": scale})


def exhibition(shop: Workshop, which: str, images: NDArray[np.float32]) -> Exhibition:
    """The photos of ``which`` with finished vectors, for the text tower to learn from."""
    album = shop.album if which == "captioned" else shop.label_album
    rows = np.array(shop.split.train) if which == "captioned" else shop.labelled_rows
    sentences = np.load(shop.path("sentences.npz"))[which]
    return Exhibition(album, tokenise(shop.tokenizer, album.texts), images, rows, sentences)


@torch.inference_mode()
def mapped(text: nn.Linear, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the unit vectors (N, dim) of sentence vectors under a linear mapping."""
    out: NDArray[np.float32] = nn.functional.normalize(text(torch.from_numpy(vectors)), dim=-1).numpy()
    return out


def _pairs(shop: Workshop, vectors: NDArray[np.float32], features: NDArray[np.float32]) -> Pairs:
    album = shop.album
    rows = [(text, photo) for photo in range(len(album)) for text in album.english[photo]]
    texts = np.array([text for text, _ in rows])
    return Pairs(vectors[texts], features.astype(np.float32), np.array([photo for _, photo in rows]))
