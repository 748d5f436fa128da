"""The look: contrast, the switch between light and dark, fonts and icons that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontInfo, QIcon
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from workbench.ui import icons, stylesheet, theme
from workbench.ui.tokens import DARK, LIGHT, TEXT_STYLES, Colors, contrast

TEXT_ON = {
    "text1": ("window", "rail", "card", "raised", "raised_hover", "input", "accent_ground"),
    "text2": ("window", "rail", "card", "raised", "raised_hover", "input", "accent_ground"),
    "text3": ("window", "rail", "card", "raised", "input"),
    "accent": ("window", "rail", "card", "accent_ground"),
    "good": ("window", "card", "good_ground"),
    "caution": ("window", "card", "caution_ground"),
    "bad": ("window", "card", "bad_ground"),
    "on_accent": ("accent", "accent_hover"),
}
PAIRS = [(text, ground) for text, grounds in TEXT_ON.items() for ground in grounds]


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_enough_contrast(colors: Colors, text: str, ground: str) -> None:
    assert contrast(colors.named(text), colors.named(ground)) >= 4.5


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=["dark", "light"])
def test_plotted_lines_stand_out_from_the_card(colors: Colors) -> None:
    assert all(contrast(color, colors.card) >= 3 for color in colors.series)


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_switching_changes_what_is_on_screen(qtbot: QtBot, look: theme.Theme) -> None:
    button = QPushButton("Start")
    button.setProperty("kind", "primary")
    qtbot.addWidget(button)
    button.resize(120, 32)
    button.show()
    middle = button.rect().center()

    def ground() -> str:
        return button.grab().toImage().pixelColor(8, middle.y()).name().upper()

    look.set_mode("dark")
    assert ground() == DARK.accent
    with qtbot.waitSignal(look.changed):
        look.set_mode("light")
    assert ground() == LIGHT.accent
    look.set_mode("dark")


def test_an_icon_follows_the_theme(look: theme.Theme) -> None:
    icon = icons.icon("stop", "text1")
    look.set_mode("dark")
    dark = _ink(icon)
    look.set_mode("light")
    light = _ink(icon)
    look.set_mode("dark")
    assert dark == DARK.text1
    assert light == LIGHT.text1


def _ink(icon: QIcon) -> str:
    """The most solid colour that the icon paints."""
    image = icon.pixmap(QSize(64, 64)).toImage()
    colors = [image.pixelColor(x, y) for x in range(64) for y in range(64)]
    solid = [color.name().upper() for color in colors if color.alpha() == 255]
    return max(set(solid), key=solid.count)


@pytest.mark.parametrize("name", sorted(icons.NAMES))
def test_every_icon_is_in_the_font(name: str) -> None:
    assert not icons.icon(name).pixmap(QSize(32, 32)).isNull()


@pytest.mark.parametrize("style", sorted(TEXT_STYLES))
def test_fonts_are_the_shipped_ones(style: str) -> None:
    assert QFontInfo(theme.font(style)).family() == TEXT_STYLES[style].family


def test_the_sheet_names_only_colours_of_its_scheme() -> None:
    own = {value.upper() for value in re.findall(r"#[0-9A-Fa-f]{6}", repr(LIGHT))}
    used = {value.upper() for value in re.findall(r"#[0-9A-Fa-f]{6}", stylesheet.build(LIGHT))}
    assert used <= own


def test_no_colour_or_size_of_type_is_written_outside_the_tokens() -> None:
    folder = Path(theme.__file__).parent
    literal = re.compile(r"#[0-9A-Fa-f]{6}\b|setPixelSize\(\d|setPointSize|QColor\(\d|QFont\(\"")
    offenders = [
        f"{path.relative_to(folder)}: {line.strip()}"
        for path in sorted(folder.rglob("*.py"))
        if path.name != "tokens.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if literal.search(line)
    ]
    assert not offenders
