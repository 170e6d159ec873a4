"""Every sentence about trouble: an error's kind in, one calm translated sentence out that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from engine.protocol import ErrorKind, IssueReason
from engine.protocol.model_methods import AcceleratorTrouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from desktop.engine_client import EngineFailure


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:
    """Mark a text for lupdate and give it back. (Qt's own is typed as giving any object.)"""
    return text


_SENTENCES: Final[dict[str, str]] = {
    ErrorKind.USAGE: QT_TRANSLATE_NOOP("notices", "This search could not be understood. Please try other words."),
    ErrorKind.NOT_FOUND: QT_TRANSLATE_NOOP("notices", "This is no longer in the library. It may have been moved."),
    ErrorKind.LIBRARY_BUSY: QT_TRANSLATE_NOOP(
        "notices", "Another program is writing to this library. Searching works; changes have to wait until it is done."
    ),
    ErrorKind.LIBRARY_NEWER: QT_TRANSLATE_NOOP(
        "notices", "This library was made by a newer Balloon. Please update Balloon to open it."
    ),
    ErrorKind.LIBRARY_OLDER: QT_TRANSLATE_NOOP(
        "notices", "This shared library was made by an older Balloon. Go on with that one, or ask whoever runs it."
    ),
    ErrorKind.LIBRARY_FOREIGN: QT_TRANSLATE_NOOP(
        "notices", "The library's file belongs to another program. Please choose another place for the library."
    ),
    ErrorKind.LIBRARY_DAMAGED: QT_TRANSLATE_NOOP(
        "notices", "The library is damaged. Your photos are safe; “balloon check --repair” mends the library."
    ),
    ErrorKind.LIBRARY_GONE: QT_TRANSLATE_NOOP(
        "notices", "The place of your library cannot be reached. Connect its disk and try again."
    ),
    ErrorKind.LIBRARY_UNREACHABLE: QT_TRANSLATE_NOOP(
        "notices", "The shared library cannot be reached. Check the network, or ask whoever runs it."
    ),
    ErrorKind.PLACE_REFUSED: QT_TRANSLATE_NOOP(
        "notices", "The library cannot live there. Please choose an empty folder that can be written to."
    ),
    ErrorKind.PLACE_GIVEN: QT_TRANSLATE_NOOP(
        "notices", "Balloon was started with a library of its own choice, which is not moved from here."
    ),
    ErrorKind.LIBRARY_READ_ONLY: QT_TRANSLATE_NOOP(
        "notices", "This library may be searched, not changed. If it is yours, check the permissions of its folder."
    ),
    ErrorKind.DISK_FULL: QT_TRANSLATE_NOOP(
        "notices", "The disk is full. Free some space and Balloon goes on where it stopped."
    ),
    ErrorKind.FOLDER_GONE: QT_TRANSLATE_NOOP(
        "notices", "This folder cannot be reached now. Connect its disk and it comes back by itself."
    ),
    ErrorKind.FOLDER_REFUSED: QT_TRANSLATE_NOOP(
        "notices", "This folder cannot be added. It may be part of one that is already watched, or be a system folder."
    ),
    ErrorKind.MODEL_MISSING: QT_TRANSLATE_NOOP(
        "notices", "The search model is not on this computer. Please choose another one in the preferences."
    ),
    ErrorKind.MODEL_DAMAGED: QT_TRANSLATE_NOOP(
        "notices", "The search model is damaged. Please install it again, or choose another one in the preferences."
    ),
    ErrorKind.HUB_UNREACHABLE: QT_TRANSLATE_NOOP(
        "notices", "The model hub cannot be reached. Check the connection, or name a mirror in the preferences."
    ),
    ErrorKind.PHOTO_UNUSABLE: QT_TRANSLATE_NOOP("notices", "This photo could not be read. The file may be damaged."),
    ErrorKind.BAD_FILE: QT_TRANSLATE_NOOP("notices", "This file does not have the form it should have."),
    ErrorKind.EXTRA_MISSING: QT_TRANSLATE_NOOP("notices", "A part of Balloon that this needs is not installed."),
    ErrorKind.CANCELLED: QT_TRANSLATE_NOOP("notices", "Stopped."),
    ErrorKind.INTERNAL: QT_TRANSLATE_NOOP(
        "notices", "Something went wrong inside Balloon. It has been written to the log; please try again."
    ),
    "engine_gone": QT_TRANSLATE_NOOP("notices", "The search engine stopped in the middle of this. Please try again."),
    "engine_restarting": QT_TRANSLATE_NOOP("notices", "The search engine is starting again. One moment…"),
    "engine_stopped": QT_TRANSLATE_NOOP(
        "notices", "The search engine could not be kept running. Your photos and your library are safe."
    ),
    "read_only": QT_TRANSLATE_NOOP(
        "notices", "Another Balloon is writing to this library. You can search; new photos appear when it is closed."
    ),
    "bug": QT_TRANSLATE_NOOP("notices", "Something unexpected happened. Balloon goes on; details are in the log."),
    "file_missing": QT_TRANSLATE_NOOP("notices", "The file cannot be reached now. Its disk may not be connected."),
    "no_program": QT_TRANSLATE_NOOP("notices", "No program could be started for this file."),
}

_REASONS: Final[dict[IssueReason, str]] = {
    IssueReason.UNREADABLE: QT_TRANSLATE_NOOP("notices", "The system does not let Balloon read this file"),
    IssueReason.LINK_LOOP: QT_TRANSLATE_NOOP("notices", "A link that leads back to itself"),
    IssueReason.VANISHED: QT_TRANSLATE_NOOP("notices", "It was gone before it could be read"),
    IssueReason.EMPTY: QT_TRANSLATE_NOOP("notices", "The file is empty"),
    IssueReason.NOT_AN_IMAGE: QT_TRANSLATE_NOOP("notices", "Not a picture of a known kind"),
    IssueReason.DAMAGED: QT_TRANSLATE_NOOP("notices", "The picture is damaged or cut short"),
    IssueReason.TOO_LARGE: QT_TRANSLATE_NOOP("notices", "Larger than Balloon reads"),
    IssueReason.TIMEOUT: QT_TRANSLATE_NOOP("notices", "Reading it took too long"),
    IssueReason.CRASHED: QT_TRANSLATE_NOOP("notices", "Reading it failed badly"),
    IssueReason.MEMORY: QT_TRANSLATE_NOOP("notices", "Reading it needs too much memory"),
    IssueReason.BAD_SIDECAR: QT_TRANSLATE_NOOP("notices", "The caption file beside a photo cannot be read"),
    IssueReason.UNUSABLE_VECTOR: QT_TRANSLATE_NOOP("notices", "The search model could make nothing of it"),
}

# After "... is not used: ".
_ACCELERATOR_TROUBLES: Final[dict[AcceleratorTrouble, str]] = {
    AcceleratorTrouble.NOT_BUILT: QT_TRANSLATE_NOOP("notices", "Balloon was installed without it"),
    AcceleratorTrouble.NO_DRIVER: QT_TRANSLATE_NOOP("notices", "there is no NVIDIA driver"),
    AcceleratorTrouble.DRIVER_SILENT: QT_TRANSLATE_NOOP("notices", "the NVIDIA driver does not answer"),
    AcceleratorTrouble.NO_DEVICE: QT_TRANSLATE_NOOP("notices", "its driver finds no NVIDIA card"),
    AcceleratorTrouble.NO_LIBRARY: QT_TRANSLATE_NOOP("notices", "its own library is not installed"),
    AcceleratorTrouble.CRASHED: QT_TRANSLATE_NOOP("notices", "its driver crashed when it was tried ({detail})"),
    AcceleratorTrouble.NO_ANSWER: QT_TRANSLATE_NOOP("notices", "it did not answer within {detail} seconds"),
    AcceleratorTrouble.LEFT_TO_CPU: QT_TRANSLATE_NOOP("notices", "it would leave {detail} of the work to the CPU"),
    AcceleratorTrouble.OTHER_VECTORS: QT_TRANSLATE_NOOP(
        "notices", "its results are not those of the CPU (likeness {detail})"
    ),
    AcceleratorTrouble.FAILED: QT_TRANSLATE_NOOP("notices", "it says “{detail}”"),
}


def sentence(failure: EngineFailure) -> str:
    """Say what stopped a request; an unknown kind is spoken of as an internal error."""
    return sentence_for(failure.kind)


def sentence_for(kind: str) -> str:
    """Say it for a kind: an ``ErrorKind``, ``engine_gone``, or one of the desktop's own kinds above."""
    return QCoreApplication.translate("notices", _SENTENCES.get(kind, _SENTENCES[ErrorKind.INTERNAL]))


def reason_text(reason: IssueReason) -> str:
    """Say why a file could not be used, short enough for a list."""
    return QCoreApplication.translate("notices", _REASONS[reason])


def recovery_text(place: str) -> str:
    """Say that a damaged library was set aside, and where it is."""
    text = QCoreApplication.translate(
        "notices",
        "The library was damaged and has been set aside in {place}. What could be read of it, your captions above all, "
        "is in a new one; photos are indexed again.",
    )
    return text.format(place=place)


def waiting_text(reason: str) -> str:
    """Say what indexing waits for: "mains" or "idle"."""
    if reason == "mains":
        return QCoreApplication.translate("notices", "Indexing waits until the computer is plugged in")
    return QCoreApplication.translate("notices", "Indexing waits until nobody uses the computer")


def polled_text(reason: str | None) -> str:
    """Say why a folder is looked at once a minute ("network", "limit", "no events"); "" for one that is followed."""
    texts = {
        "network": QCoreApplication.translate(
            "notices",
            "This folder is on a network drive, which does not announce changes by others. "
            "It is looked at once a minute.",
        ),
        "limit": QCoreApplication.translate(
            "notices",
            "The system watches as many folders as it may (fs.inotify.max_user_watches). This one is looked at once a "
            "minute.",
        ),
        "no events": QCoreApplication.translate(
            "notices", "The system does not announce changes in this folder. It is looked at once a minute."
        ),
    }
    return texts.get(reason, texts["no events"]) if reason else ""


def accelerator_text(used: str) -> str:
    """Say what photos are encoded on, by its name for people."""
    if used == "CPU":
        return QCoreApplication.translate("notices", "Photos are encoded on the CPU.")
    text = QCoreApplication.translate("notices", "Photos are encoded on {name}, which was tried out against the CPU.")
    return text.format(name=used)


def left_out_text(name: str, trouble: AcceleratorTrouble, detail: str) -> str:
    """Say why an accelerator is not used."""
    why = QCoreApplication.translate("notices", _ACCELERATOR_TROUBLES[trouble]).replace("{detail}", detail)
    return QCoreApplication.translate("notices", "{name} is not used: {why}.").format(name=name, why=why.rstrip("."))


def written_channels(channels: Sequence[str]) -> list[str]:
    """Those of a hit's channels that found it by something written, which is worth telling."""
    return [channel for channel in channels if channel not in {"vectors", "filters"}]


def channel_text(channel: str) -> str:
    """Say how a hit was found."""
    texts = {
        "vectors": QCoreApplication.translate("notices", "It looks like what you described"),
        "captions": QCoreApplication.translate("notices", "The words are in one of its captions"),
        "ocr": QCoreApplication.translate("notices", "The words can be read in the photo"),
        "name": QCoreApplication.translate("notices", "The words are in its file name"),
        "directory": QCoreApplication.translate("notices", "The words are in the names of its folders"),
        "mixed": QCoreApplication.translate("notices", "The words are in its names and captions taken together"),
    }
    return texts.get(channel, channel)
