"""Who answers the wire's methods about models: which there are, which are offered, installing, using and removing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import KnownError
from engine.protocol import ErrorKind
from engine.protocol.methods import Empty, ModelList

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.protocol import methods as wire
    from engine.protocol.model_methods import AcceleratorList, ModelCatalogue, ModelInstall
    from engine.server.context import Context


def list_models(context: Context, _: Empty) -> wire.ModelList:
    """Answer ``models.list``."""
    found = context.engine.models()
    rows = tuple(replace(row, is_coming=row.key == context.models.coming) for row in found.models)
    return ModelList(rows, found.contents)


def use_model(context: Context, request: wire.ModelUse) -> wire.ModelList:
    """Answer ``models.use``."""
    with context.indexing.at_rest():
        context.models.choose(context.engine, request.key)
    context.indexing.ask(None, is_awaited=True)
    return list_models(context, Empty())


def remove_model(context: Context, request: wire.ModelUse) -> wire.ModelList:
    """Answer ``models.remove``: not the model that answers, nor the one that is to."""
    if request.key in {context.engine.encoder.card.key, context.models.coming}:
        raise KnownError(ErrorKind.USAGE, f"{request.key} is in use. Choose another model first.")
    with context.indexing.at_rest():
        context.engine.remove_model(request.key)
    context.indexing.ask(())
    return list_models(context, Empty())


def catalogue(context: Context, _: Empty) -> ModelCatalogue:
    """Answer ``models.catalogue``."""
    return context.engine.offered_models()


def install_model(context: Context, request: ModelInstall) -> Empty:
    """Answer ``models.install``: it begins; ``models.progress`` tells the rest."""
    engine = context.engine
    endpoint = engine.hub_setting()

    def install(wanted: ModelInstall, tell: Callable[[str, int, int], None], is_called_off: Callable[[], bool]) -> str:
        from engine.api.installing import install_model as install_it

        return install_it(wanted, endpoint, tell, is_called_off)

    context.installs.start(request, install)
    return Empty()


def cancel_install(context: Context, _: Empty) -> Empty:
    """Answer ``models.cancel``."""
    context.installs.cancel()
    return Empty()


def list_accelerators(context: Context, _: Empty) -> AcceleratorList:
    """Answer ``accelerators.list``."""
    return context.engine.accelerators()


def try_accelerators(context: Context, _: Empty) -> AcceleratorList:
    """Answer ``accelerators.try``: takes seconds where there is one, and minutes where it compiles."""
    return context.engine.accelerators(trying=True)
