"""Which columns of a captions file name the photo and which hold captions, in English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE_COLUMNS = (
    "file", "file_name", "filename", "file_path", "filepath", "image_path", "image_file", "image_name", "image",
    "img_path", "img", "photo_path", "photo", "picture", "path", "文件", "文件名", "图片", "照片", "路径", "name",
)  # fmt: skip
"""Names of the column that says which photo, the clearest first."""

BYTES_COLUMN = "file_b64"
LANGUAGE_COLUMNS = ("lang", "language", "语言")

_LANGUAGES = {
    "en": "en", "eng": "en", "english": "en", "英文": "en", "英语": "en",
    "zh": "zh", "cn": "zh", "zh_cn": "zh", "zh_hans": "zh", "chinese": "zh", "中文": "zh",
}  # fmt: skip
_TEXT_COLUMN = re.compile(
    rf"""(captions? | texts? | descriptions? | titles? | sentences? | comments? | query | alt | alt_text
          | 描述 | 说明 | 标题 | 文字 | 图说)
         _? (?P<tail> \d+ | {"|".join(_LANGUAGES)} )?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file: ``texts`` with the language that a name states ("caption_zh"), else None."""

    file: str | None
    texts: tuple[tuple[str, str | None], ...]
    language: str | None

    @property
    def are_usable(self) -> bool:
        """Whether both a photo and a caption are named."""
        return self.file is not None and bool(self.texts)


def find_columns(names: Iterable[str], text_field: str | None = None) -> Columns:
    """Choose among ``names``, as they are written in the file; ``text_field`` is the one column of captions to take."""
    plain = {_plain(name): name for name in names}
    file = next((plain[column] for column in FILE_COLUMNS if column in plain), None)
    language = next((plain[column] for column in LANGUAGE_COLUMNS if column in plain), None)
    if text_field is not None:
        known = plain.get(_plain(text_field))
        return Columns(file, () if known is None else ((known, _language_in(_plain(known))),), language)
    texts = tuple((name, _language_in(column)) for column, name in plain.items() if _holds_text(column))
    return Columns(file, texts, language)


def language_code(told: object) -> str | None:
    """The language that a value such as "zh-CN", "English" or "中文" states: en, zh or None for another."""
    plain = _plain(told) if isinstance(told, str) else ""
    return _LANGUAGES.get(plain) or _LANGUAGES.get(plain.partition("_")[0])


def _plain(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().casefold())


def _holds_text(column: str) -> bool:
    return column in _LANGUAGES or _TEXT_COLUMN.fullmatch(column) is not None


def _language_in(column: str) -> str | None:
    if column in _LANGUAGES:
        return _LANGUAGES[column]
    found = _TEXT_COLUMN.fullmatch(column)
    return None if found is None else _LANGUAGES.get(found["tail"] or "")
