"""Installing a model for the window: from a request of the wire to the new model's key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config import model_dirs, own_models_dir
from engine.models.catalog import installed
from engine.models.catalogue import offered
from engine.models.export_process import can_export
from engine.models.hub import endpoint_from
from engine.protocol.model_methods import ModelCatalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.protocol.model_methods import ModelInstall


def install_model(
    request: ModelInstall,
    endpoint: str | None,
    tell: Callable[[str, int, int], None],
    is_called_off: Callable[[], bool],
) -> str:
    """Install what ``request`` names from a folder, the catalogue or the hub at ``endpoint``; gives the new key.

    Raises ``KnownError`` as ``engine.models.installing.install`` does.
    """
    from engine.models.importing import Naming
    from engine.models.installing import Order, Watcher, install

    order = Order(request.source, Naming(request.key, request.languages, request.licence), request.precision, endpoint)
    taken = [card.key for card in installed(model_dirs())]
    return install(order, own_models_dir(), taken, Watcher(tell, is_called_off)).card.key


def catalogue(endpoint: str | None) -> ModelCatalogue:
    """The models on offer, those that are here marked; raises ``KnownError`` for a setting that is no address."""
    from dataclasses import replace

    here = {card.key for card in installed(model_dirs())}
    models = tuple(replace(model, is_installed=model.key in here) for model in offered())
    return ModelCatalogue(models, can_export(), endpoint_from(endpoint))
