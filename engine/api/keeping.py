"""What a library keeps beside its photos: the searches people made, settings, and which model is used."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.api.parts import Parts, matrix_of, open_encoder
from engine.config import model_dirs
from engine.errors import KnownError
from engine.library.embeddings import Embeddings
from engine.library.folders import polled_key
from engine.library.recovery import last_recovery
from engine.models.catalog import find_card, find_package, installed, is_there, own_package, remove_package
from engine.protocol import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.api.parts import Shared
    from engine.library.embeddings import KnownModel
    from engine.library.folders import FolderId
    from engine.library.recovery import Recovery
    from engine.protocol import methods as wire
    from engine.protocol.model_methods import AcceleratorList, ModelCatalogue

MODEL_SETTING = "model"
OCR_SETTING = "ocr.enabled"
WORKERS_SETTING = "index.workers"
BANK_SETTING = "captions.bank"
ENDPOINT_SETTING = "models.endpoint"
LAST_RUN_SETTING = "models.last_run"


class Keeping:
    """The part of the facade about what is kept. Every method may raise ``KnownError``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def remember_search(self, text: str) -> None:
        """Put a query at the head of the history."""
        with self._parts.database.transaction():
            self._parts.searches.remember(text)

    def history(self) -> wire.TextList:
        """What was searched for, the latest first."""
        from engine.protocol.methods import TextItem, TextList

        return TextList(tuple(TextItem(text) for text in self._parts.searches.history()))

    def clear_history(self) -> None:
        """Forget what was searched for."""
        with self._parts.database.transaction():
            self._parts.searches.clear_history()

    def saved_searches(self) -> wire.TextList:
        """Saved searches by name."""
        from engine.protocol.methods import TextItem, TextList

        return TextList(tuple(TextItem(query, name) for name, query in self._parts.searches.saved()))

    def save_search(self, item: wire.TextItem) -> None:
        """Keep a search under its name (its own text where it has none)."""
        with self._parts.database.transaction():
            self._parts.searches.save(item.name or item.text, item.text)

    def remove_saved_search(self, name: str) -> None:
        """Forget a saved search."""
        with self._parts.database.transaction():
            self._parts.searches.remove(name)

    def get_setting(self, key: str) -> str | None:
        """A setting of this library, None for the default."""
        return self._parts.settings.get(key)

    def set_setting(self, key: str, value: str | None) -> None:
        """Change a setting; None goes back to the default."""
        with self._parts.database.transaction():
            self._parts.settings.set(key, value)

    def note_polled(self, polled: Mapping[FolderId, str]) -> None:
        """Keep which folders are looked at now and then, and why, for whoever asks for the folders' status."""
        for folder in self._parts.folders.all():
            key, reason = polled_key(folder.id), polled.get(folder.id)
            if self.get_setting(key) != reason:
                self.set_setting(key, reason)

    def recovery(self) -> Recovery | None:
        """What happened when this library was made from a damaged one, if it was."""
        return last_recovery(self._parts.settings)

    def models(self) -> wire.ModelList:
        """The models on this computer, with how many contents each has a vector of."""
        from engine.protocol.methods import ModelList, ModelRow

        used = self._parts.encoder.card.key
        counts = self._parts.embeddings().counts()
        rows = [
            ModelRow(
                card.key, card.name, card.languages, card.licence, card.key == used, counts.get(card.fingerprint, 0)
            )
            for card in installed(model_dirs())
        ]
        return ModelList(tuple(rows), self._parts.contents.count())

    def accelerators(self, *, trying: bool = False) -> AcceleratorList:
        """What photos can be encoded on here; ``trying`` finds out what works, where that is not known."""
        from engine.api import accelerating

        return accelerating.describe(self._parts.settings, self._parts.encoder, trying=trying)

    def wanted_provider(self) -> str | None:
        """The provider that is asked for to encode photos, None for the best that works."""
        from engine.api import accelerating

        return accelerating.wanted_provider(self._parts.settings)

    def with_model(self, key: str) -> Shared:
        """What threads would share under another model of this computer; raises ``KnownError`` where it is unusable."""
        encoder = open_encoder(key, self._parts.settings)
        return replace(self._parts.shared, encoder=encoder, matrix=matrix_of(self._parts.shared.paths, encoder))

    @property
    def shared(self) -> Shared:
        """What this engine shares with others under its model."""
        return self._parts.shared

    def adopt(self, shared: Shared) -> None:
        """Go on with this model. Engines that were opened before keep theirs."""
        self._parts = Parts(self._parts.database, shared)

    def has_seen_all(self, shared: Shared) -> bool:
        """Whether this model has a vector of everything that can be seen now."""
        card = shared.encoder.card
        model = Embeddings.of_model(self._parts.database, card.key, card.fingerprint, card.dim).model
        return not self._parts.photos.count_unread() and not self._parts.contents.count_without_embedding(model)

    def use_model(self, key: str) -> wire.ModelList:
        """Search with this model from the next start on; the vectors of the others stay."""
        find_package(key, model_dirs())
        self.set_setting(MODEL_SETTING, key)
        return self.models()

    def remember_run(self) -> None:
        """Write down what ran the last photos and how fast: other processes show it."""
        facts = self._parts.encoder.facts
        if facts.provider is not None:
            told = {"provider": facts.provider, "photos_per_s": facts.photos_per_s, "batch": facts.batch}
            self.set_setting(LAST_RUN_SETTING, json.dumps(told))

    def last_run(self) -> dict[str, Any]:
        """``provider``, ``photos_per_s`` and ``batch`` of the last photos that were encoded, here or elsewhere."""
        facts = self._parts.encoder.facts
        if facts.provider is not None:
            return {"provider": facts.provider, "photos_per_s": facts.photos_per_s, "batch": facts.batch}
        known = json.loads(self.get_setting(LAST_RUN_SETTING) or "{}")
        return {name: known.get(name) for name in ("provider", "photos_per_s", "batch")}

    def hub_setting(self) -> str | None:
        """The hub or mirror that this library's settings name."""
        return self.get_setting(ENDPOINT_SETTING)

    def offered_models(self) -> ModelCatalogue:
        """The models on offer, those that are here marked."""
        from engine.api.installing import catalogue

        return catalogue(self.hub_setting())

    def remove_model(self, key: str) -> None:
        """Remove a model of the user's own, with its vectors in this library; USAGE for one that Balloon came with."""
        own_package(key)
        self.forget_model(key)
        remove_package(key)

    def forget_model(self, key: str) -> None:
        """Drop a model's vectors from this library, and what was made of them."""
        card = find_card(key, model_dirs())
        with self._parts.database.transaction():
            self._parts.embeddings().forget(card.fingerprint, unless=self._parts.encoder.card.fingerprint)
            if self.get_setting(MODEL_SETTING) == key:
                self._parts.settings.set(MODEL_SETTING, None)
        if card.fingerprint != self._parts.encoder.card.fingerprint:
            self._clear_cache(f"vectors-{card.fingerprint[:16]}*", f"bank-*-{card.text_fingerprint[:16]}.npy")

    def left_models(self) -> tuple[KnownModel, ...]:
        """Models whose vectors this library holds although they are no longer on this computer.

        A new version of a model is another model, so those of the one it replaced are among them. A package that is
        there and cannot be read may be repaired: its vectors count as used. Of a shared library nobody can tell.
        """
        if self._parts.shared.paths.address is not None:
            return ()
        cards = [self._parts.encoder.card, *installed(model_dirs())]
        used, sound = {card.fingerprint for card in cards}, {card.key for card in cards}
        known = [model for model in self._parts.embeddings().known_models() if model.fingerprint not in used]
        return tuple(model for model in known if model.key in sound or not is_there(model.key, model_dirs()))

    def forget_left_models(self) -> tuple[KnownModel, ...]:
        """Drop the vectors of ``left_models``, and what was made of them; those models."""
        if self._parts.shared.paths.address is not None:
            raise KnownError(
                ErrorKind.USAGE,
                "Others may search this shared library with models that are not on this computer: their vectors stay.",
            )
        left = self.left_models()
        with self._parts.database.transaction():
            for model in left:
                self._parts.embeddings().forget(model.fingerprint, unless=self._parts.encoder.card.fingerprint)
        self._clear_cache(*(f"vectors-{model.fingerprint[:16]}*" for model in left))
        return left

    def compact(self) -> int:
        """Give room back to the disk that removed photos or models left in the library's file; how many bytes."""
        from engine.library.compacting import compact

        paths = self._parts.shared.paths
        if paths.address is not None:
            raise KnownError(ErrorKind.USAGE, "A shared library's server gives room back by itself.")
        return compact(self._parts.database, paths)

    def _clear_cache(self, *patterns: str) -> None:
        for pattern in patterns:
            for path in self._parts.shared.paths.cache.glob(pattern):
                path.unlink(missing_ok=True)
