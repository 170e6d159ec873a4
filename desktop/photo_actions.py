"""What a person can do with photos, by name. The grid and its menu say the name; ``photo_commands`` does it."""

from __future__ import annotations

from enum import Enum


class PhotoAction(Enum):
    """One entry of the menu over a photo."""

    OPEN = "open"
    PREVIEW = "preview"
    SIMILAR = "similar"
    CAPTIONS = "captions"
    ADD_CAPTION = "add_caption"
    SEARCH_WITH = "search_with"
    OPEN_IN_SYSTEM = "open_in_system"
    OPEN_WITH = "open_with"
    SHOW_IN_FOLDER = "show_in_folder"
    COPY_FILES = "copy_files"
    COPY_PATHS = "copy_paths"
    EXPLAIN = "explain"
    PROPERTIES = "properties"
