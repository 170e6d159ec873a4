"""The language of the interface: which one, and Qt Linguist's files for it, ours and Qt's own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from desktop.places import resources_dir

if TYPE_CHECKING:
    from desktop.settings import Language

logger = logging.getLogger(__name__)

_LOCALES: Final[dict[str, QLocale]] = {
    "en": QLocale(QLocale.Language.English),
    "zh_CN": QLocale(QLocale.Language.Chinese, QLocale.Country.China),
}


_PROPERTY: Final = "interfaceLanguage"


class Translations:
    """The translators installed in the application; a new choice replaces them."""

    def __init__(self, app: QCoreApplication) -> None:
        self.language = ""
        self._app = app
        self._installed: list[QTranslator] = []

    def use(self, choice: Language) -> None:
        """Speak this language from now on. Widgets made before keep the texts they have."""
        language = spoken_language(choice)
        if language == self.language:
            return
        for translator in self._installed:
            self._app.removeTranslator(translator)
        self.language = language
        self._app.setProperty(_PROPERTY, language)
        # A person who follows the system keeps the system's dates and numbers.
        QLocale.setDefault(QLocale.system() if choice == "system" else _LOCALES[language])
        qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        ours = str(resources_dir() / "translations")
        # English needs a file of its own too, for its plurals.
        self._installed = [*self._load(f"qtbase_{language}", qt), *self._load(f"balloon_{language}", ours)]

    def _load(self, name: str, folder: str) -> list[QTranslator]:
        translator = QTranslator()
        if not translator.load(name, folder):
            if not name.startswith("qtbase_en"):
                logger.info("there is no translation %s in %s", name, folder)
            return []
        self._app.installTranslator(translator)
        return [translator]


def caption_language_first() -> str | None:
    """Give "en" or "zh", as captions are marked: the interface's language. None before one was chosen."""
    app = QCoreApplication.instance()
    language = app.property(_PROPERTY) if app is not None else None
    return str(language).partition("_")[0] if language else None


def spoken_language(choice: Language) -> str:
    """Give "en" or "zh_CN": the choice, or the first of the system's languages that we speak."""
    if choice != "system":
        return choice
    for name in QLocale.system().uiLanguages():
        if name.startswith("zh"):
            return "zh_CN"
        if name.startswith("en"):
            return "en"
    return "en"
