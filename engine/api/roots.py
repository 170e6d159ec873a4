"""Which folder a person means, and why it may not be watched."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import KnownError
from engine.protocol import ErrorKind, is_remote, url_of


def root_of(path: Path, library: Path, *, on_cluster: bool) -> Path:
    """The folder at ``path`` as it is kept: absolute, links resolved; raises ``KnownError`` for one that is refused.

    What lies in a storage such as ``s3://bucket/photos`` is read by a cluster alone.
    """
    if is_remote(path):
        if not on_cluster:
            raise KnownError(
                ErrorKind.FOLDER_REFUSED, f"{url_of(path)} is read by a cluster. Say which: --on ray://ADDRESS"
            )
        return path
    path = Path(os.path.realpath(path.expanduser()))
    _refuse_unlistable(path)
    if path.is_relative_to(os.path.realpath(library)):
        raise KnownError(ErrorKind.FOLDER_REFUSED, f"{path} belongs to Balloon's own library. Choose another.")
    return path


def _refuse_unlistable(path: Path) -> None:
    try:
        with os.scandir(path):
            return
    except NotADirectoryError as error:
        raise KnownError(ErrorKind.FOLDER_REFUSED, f"{path} is a file. Give the folder that holds it.") from error
    except FileNotFoundError as error:
        raise KnownError(ErrorKind.FOLDER_GONE, f"There is no folder {path}. Check the name.") from error
    except OSError as error:
        raise KnownError(ErrorKind.FOLDER_REFUSED, f"{path} cannot be read. Check its permissions.") from error
