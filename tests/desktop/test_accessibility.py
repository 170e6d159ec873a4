"""Everything can be reached by keyboard, shows that it has the focus, and has a name that a screen reader can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QFont, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QTextEdit,
    QWidget,
)

from desktop.help import ShortcutSheet
from desktop.message_page import Message, MessagePage
from desktop.theme import DARK, LIGHT, Tokens, palette_of, style_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from desktop.main_window import MainWindow

CONTROLS: Final = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit,
)  # fmt: skip


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def themed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Tokens]:
    """The application in one theme."""
    tokens: Tokens = request.param
    before = qapp.palette(), qapp.styleSheet()
    qapp.setPalette(palette_of(tokens))
    qapp.setStyleSheet(style_sheet(tokens))
    yield tokens
    qapp.setPalette(before[0])
    qapp.setStyleSheet(before[1])


def controls(window: QWidget) -> list[QWidget]:
    """What a person can operate and sees now."""
    found: list[QWidget] = [each for kind in CONTROLS for each in window.findChildren(kind)]
    shown = [each for each in found if each.isVisible() and each.isEnabled() and each.window() is window]
    return [each for each in shown if not isinstance(each, QScrollBar)]


def dialogs(window: MainWindow) -> list[QDialog]:
    """All windows beside the window, opened."""
    for show in (
        window.dialogs.show_preferences, window.dialogs.show_keys, window.dialogs.show_report, window.dialogs.show_about
    ):  # fmt: skip
        show()
    window.status.open_issues()
    preferences = window.dialogs.made["preferences"]
    preferences.models.open_adding()  # type: ignore[attr-defined]  # it is the Preferences
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]


def test_every_control_of_every_window_can_be_named(window: MainWindow, qtbot: QtBot) -> None:
    for key in ("folders", "captions", "properties"):
        window.side.open_panel(key)
        check_names(window)
    opened = dialogs(window)
    assert len(opened) == 6
    for dialog in opened:
        check_names(dialog)


def check_names(window: QWidget) -> None:
    unnamed = []
    for control in controls(window):
        if control.focusPolicy() == Qt.FocusPolicy.NoFocus or control.parent() is None:
            continue
        interface = QAccessible.queryAccessibleInterface(control)
        inner = isinstance(control.parent(), (QComboBox, QAbstractItemView))
        if not inner and not interface.text(QAccessible.Text.Name):
            unnamed.append(f"{type(control).__name__} in {type(control.parent()).__name__}")
    assert not unnamed


@pytest.mark.usefixtures("themed")
def test_focus_can_be_seen_on_every_control(window: MainWindow, qtbot: QtBot) -> None:
    window.side.open_panel("folders")
    qtbot.waitActive(window)
    for each in (window, *dialogs(window)):
        check_focus(each, qtbot)


def check_focus(window: QWidget, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    for control in controls(window):
        if control.focusPolicy() & Qt.FocusPolicy.TabFocus:
            name = control.accessibleName() or getattr(control, "text", str)()
            with_focus = looks(control, has_focus=True)
            assert QApplication.focusWidget() is control, name
            assert with_focus != looks(control, has_focus=False), name


def looks(control: QWidget, *, has_focus: bool) -> QImage:
    """The control and the frame it is in, which may wear the ring for it."""
    if has_focus:
        control.setFocus(Qt.FocusReason.TabFocusReason)
    else:
        control.window().setFocus(Qt.FocusReason.OtherFocusReason)
        control.clearFocus()
    return (control.parentWidget() or control).grab().toImage()


@pytest.fixture
def large_text(qapp: QApplication) -> Iterator[None]:
    """The system's font at one and a half times the usual size."""
    before, sheet = qapp.font(), qapp.styleSheet()
    large = QFont(before)
    large.setPointSizeF(15.0)
    qapp.setFont(large)
    qapp.setStyleSheet(style_sheet(LIGHT, 15.0))
    yield
    qapp.setFont(before)
    qapp.setStyleSheet(sheet)


@pytest.mark.usefixtures("large_text")
def test_large_text_is_not_cut_off(qtbot: QtBot) -> None:
    page = MessagePage()
    qtbot.addWidget(page)
    page.resize(700, 600)
    actions = (("Show the closest photos", page.hide), ("Search without “June 1, 2026 – August 31, 2026”", page.hide))
    page.show_message(Message("No good match for “dog -grass”", "Fewer words find more.", "search", actions, ("dog",)))
    with qtbot.waitExposed(page):
        page.show()
    for button in page.buttons():
        assert button.width() >= button.sizeHint().width(), button.text()
        assert page.rect().contains(QRect(button.mapTo(page, button.rect().topLeft()), button.size()))
    keys = ShortcutSheet()
    qtbot.addWidget(keys)
    with qtbot.waitExposed(keys):
        keys.show()
    (scrolled,) = keys.findChildren(QScrollArea)
    assert not scrolled.horizontalScrollBar().isVisible()
    assert keys.height() < keys.screen().availableSize().height()
