"""Who answers what: a function for each method of the wire, and the table that says on which thread it runs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from engine.api.accelerating import ACCELERATOR_SETTING
from engine.errors import KnownError
from engine.models.accelerators import provider_called
from engine.protocol import ErrorKind, PhotoPath
from engine.protocol.methods import (
    PROTOCOL_VERSION,
    Empty,
    FolderList,
    IssueList,
    LibraryMoved,
    SettingValue,
    Welcome,
)
from engine.server import model_routes
from engine.server.context import Place, Route
from engine.server.waiting import WISHES, Wishes
from engine.version import build, version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.protocol import CheckReport, FolderStatus, LibraryStatus, SearchResult
    from engine.protocol import methods as wire
    from engine.server.context import Context


def _hello(context: Context, request: wire.Hello) -> Welcome:
    if request.protocol_version != PROTOCOL_VERSION:
        raise KnownError(
            ErrorKind.USAGE,
            f"The window speaks version {request.protocol_version} and the engine {PROTOCOL_VERSION}. "
            "Install Balloon again.",
        )
    from engine.models.recognition import is_available

    engine = context.engine
    library, model = engine.paths.shown, engine.encoder.card.key
    return Welcome(PROTOCOL_VERSION, version(), library, model, context.is_read_only, is_available(), str(build()))


def _shutdown(context: Context, _: Empty) -> Empty:
    context.shut_down()
    return Empty()


# Searching and looking


def _search(context: Context, request: wire.SearchRequest) -> SearchResult:
    result = context.engine.search_request(request)
    if request.remember and request.text.strip() and not context.is_read_only:
        context.later(lambda engine: engine.remember_search(request.text))
    return result


def _understand(context: Context, request: wire.TextItem) -> wire.Understood:
    return context.engine.understand(request.text)


def _browse(context: Context, request: wire.BrowseRequest) -> wire.BrowseResult:
    return context.engine.browse(request)


def _similar(context: Context, request: wire.SimilarRequest) -> SearchResult:
    return context.engine.similar_request(request)


def _photo(context: Context, request: wire.PhotoRequest) -> wire.PhotoDetails:
    return context.engine.photo_details(request.photo_id)


def _preview(context: Context, request: wire.PreviewRequest) -> wire.PreviewResult:
    return context.engine.preview(request)


def _explain(context: Context, request: wire.ExplainRequest) -> wire.Explanation:
    return context.engine.explain(request)


def _nearest_captions(context: Context, request: wire.CaptionsRequest) -> wire.CaptionsResult:
    return context.engine.nearest_captions(request)


# The user's own captions


def _add_caption(context: Context, request: wire.CaptionAdd) -> wire.CaptionRow:
    return context.engine.add_caption(request)


def _edit_caption(context: Context, request: wire.CaptionEdit) -> wire.CaptionRow:
    return context.engine.edit_caption(request)


def _remove_caption(context: Context, request: wire.CaptionRemove) -> Empty:
    context.engine.remove_caption(request.caption_id)
    return Empty()


# Folders


def _list_folders(context: Context, _: Empty) -> FolderList:
    return FolderList(tuple(context.engine.folder_status()))


def _add_folder(context: Context, request: wire.FolderAdd) -> FolderStatus:
    folder = context.engine.add_folder(_absolute(request.path))
    context.indexing.ask({folder.id}, at_once=True, is_awaited=True)
    return context.engine.status_of(folder)


def _absolute(name: PhotoPath) -> Path:
    try:
        path = name.to_path()
    except ValueError as error:
        raise KnownError(ErrorKind.USAGE, "That is not the name of a folder.") from error
    if not path.is_absolute() or "\0" in str(path):
        raise KnownError(ErrorKind.USAGE, "That is not the whole name of a folder.")
    return path


def _remove_folder(context: Context, request: wire.FolderRequest) -> Empty:
    with context.indexing.at_rest():
        context.engine.remove_folder_id(request.folder_id)
    context.indexing.ask(())
    return Empty()


def _rescan_folder(context: Context, request: wire.FolderRequest) -> Empty:
    if all(folder.id != request.folder_id for folder in context.engine.folders()):
        raise KnownError(ErrorKind.NOT_FOUND, "That folder is not watched any more.")
    context.indexing.ask({request.folder_id}, at_once=True, is_awaited=True)
    return Empty()


def _pause_folder(context: Context, request: wire.FolderRequest) -> Empty:
    with context.indexing.at_rest():
        context.engine.pause_folder(request.folder_id, paused=True)
    context.indexing.ask(())
    return Empty()


def _resume_folder(context: Context, request: wire.FolderRequest) -> Empty:
    with context.indexing.at_rest():
        context.engine.pause_folder(request.folder_id, paused=False)
    context.indexing.ask({request.folder_id}, is_awaited=True)
    return Empty()


# Indexing


def _index_state(context: Context, _: Empty) -> wire.IndexState:
    return context.indexing.state(context.engine.encoder.provider)


def _pause_indexing(context: Context, request: Empty) -> wire.IndexState:
    context.indexing.pause()
    return _index_state(context, request)


def _resume_indexing(context: Context, request: Empty) -> wire.IndexState:
    context.indexing.resume()
    return _index_state(context, request)


# The library as a whole


def _status(context: Context, _: Empty) -> LibraryStatus:
    return context.engine.status()


def _list_issues(context: Context, _: Empty) -> IssueList:
    return IssueList(tuple(context.engine.issues()))


def _retry_issues(context: Context, _: Empty) -> Empty:
    context.engine.retry_issues()
    context.indexing.ask(None, at_once=True, is_awaited=True)
    return Empty()


def _check(context: Context, request: wire.CheckRequest) -> CheckReport:
    with context.indexing.at_rest() if request.repair else contextlib.nullcontext():
        report = context.engine.check(repair=request.repair)
    if request.repair:
        context.indexing.ask(None)
    return report


def _move_library(context: Context, request: wire.LibraryMove) -> wire.LibraryMoved:
    context.end_edits()  # what is written from now on would stay behind
    try:
        with context.indexing.at_rest():
            return LibraryMoved(PhotoPath.of(context.engine.move_library(request.path.to_path())))
    finally:
        context.shut_down()


def _clear_caches(context: Context, _: Empty) -> wire.CachesCleared:
    return context.engine.clear_caches()


def _doctor(context: Context, _: Empty) -> wire.DoctorResult:
    return context.engine.doctor()


def _history(context: Context, _: Empty) -> wire.TextList:
    return context.engine.history()


def _clear_history(context: Context, _: Empty) -> Empty:
    context.engine.clear_history()
    return Empty()


def _saved(context: Context, _: Empty) -> wire.TextList:
    return context.engine.saved_searches()


def _add_saved(context: Context, request: wire.TextItem) -> Empty:
    context.engine.save_search(request)
    return Empty()


def _remove_saved(context: Context, request: wire.TextItem) -> Empty:
    context.engine.remove_saved_search(request.name or request.text)
    return Empty()


def _get_setting(context: Context, request: SettingValue) -> SettingValue:
    return SettingValue(request.key, context.engine.get_setting(request.key))


def _set_setting(context: Context, request: SettingValue) -> SettingValue:
    if request.key == ACCELERATOR_SETTING:
        provider_called(request.value or "")  # what is no accelerator would keep the engine from starting again
    context.engine.set_setting(request.key, request.value)
    if request.key == ACCELERATOR_SETTING:
        context.models.run_on(context.engine.wanted_provider())
    if request.key in WISHES:
        context.indexing.want(Wishes.of(context.engine))
    return SettingValue(request.key, context.engine.get_setting(request.key))


def _check_for_update(_context: Context, _: Empty) -> wire.UpdateResult:
    from engine.updates import check_for_update

    return check_for_update()


# The table


def _read(answer: Callable[[Context, Any], Any], *, improves: bool = False) -> Route:
    return Route(Place.READ, answer, improves=improves)


def _edit(answer: Callable[[Context, Any], Any], *, changes: bool = False) -> Route:
    return Route(Place.EDIT, answer, writes=True, changes=changes)


ROUTES: dict[str, Route] = {
    "hello": Route(Place.MAIN, _hello),
    "shutdown": Route(Place.MAIN, _shutdown),
    "search": _read(_search, improves=True),
    "understand": _read(_understand),
    "browse": _read(_browse),
    "similar": _read(_similar),
    "photo": _read(_photo),
    "preview": _read(_preview),
    "explain": _read(_explain),
    "captions.nearest": _read(_nearest_captions),
    "captions.add": _edit(_add_caption, changes=True),
    "captions.edit": _edit(_edit_caption, changes=True),
    "captions.remove": _edit(_remove_caption, changes=True),
    "folders.list": _read(_list_folders),
    "folders.add": _edit(_add_folder, changes=True),
    "folders.remove": _edit(_remove_folder, changes=True),
    "folders.rescan": Route(Place.READ, _rescan_folder, writes=True),
    "folders.pause": _edit(_pause_folder, changes=True),
    "folders.resume": _edit(_resume_folder, changes=True),
    "index.state": Route(Place.MAIN, _index_state),
    "index.pause": Route(Place.MAIN, _pause_indexing, writes=True),
    "index.resume": Route(Place.MAIN, _resume_indexing, writes=True),
    "status": _read(_status),
    "issues.list": _read(_list_issues),
    "issues.retry": _edit(_retry_issues, changes=True),
    "check": Route(Place.EDIT, _check, writes=True, is_harmless=lambda request: not request.repair),
    "library.move": _edit(_move_library),
    "caches.clear": _edit(_clear_caches),
    "doctor": _read(_doctor),
    "history.list": _read(_history),
    "history.clear": _edit(_clear_history),
    "saved.list": _read(_saved),
    "saved.add": _edit(_add_saved),
    "saved.remove": _edit(_remove_saved),
    "settings.get": _read(_get_setting),
    "settings.set": _edit(_set_setting),
    "models.list": _read(model_routes.list_models),
    "models.use": _edit(model_routes.use_model, changes=True),
    "models.remove": _edit(model_routes.remove_model),
    "models.catalogue": _read(model_routes.catalogue),
    "models.install": _read(model_routes.install_model),
    "accelerators.list": _read(model_routes.list_accelerators),
    "accelerators.try": _read(model_routes.try_accelerators),
    "models.cancel": Route(Place.MAIN, model_routes.cancel_install),
    "update.check": _read(_check_for_update),
}
