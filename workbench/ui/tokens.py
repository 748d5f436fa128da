"""Colours, sizes and type as plain values, without Qt. `theme.py` hands them to Qt.

Nothing else in the window names a colour, a size or a font by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

SPACE_4 = 4
SPACE_8 = 8
SPACE_12 = 12
SPACE_16 = 16
SPACE_24 = 24

CORNER_CONTROL = 6
CORNER_CARD = 10
CONTROL_HEIGHT = 32
RAIL_WIDTH = 84
STRIP_HEIGHT = 30
ICON_SIZE = 18
RAIL_ICON_SIZE = 22
MARK_SIZE = 16
DOT_SIZE = 8
METER_HEIGHT = 6
NOTICE_WIDTH = 640
WINDOW_MINIMUM = (1100, 700)
WINDOW_DEFAULT = (1440, 900)

INTERFACE_FAMILY = "Inter"
MONO_FAMILY = "JetBrains Mono"


@dataclass(frozen=True, slots=True)
class TextStyle:
    """A style of type: size and line height in pixels, weight as in CSS."""

    size: int
    line_height: int
    weight: int = 400
    mono: bool = False

    @property
    def family(self) -> str:
        return MONO_FAMILY if self.mono else INTERFACE_FAMILY


TEXT_STYLES: dict[str, TextStyle] = {
    "body": TextStyle(13, 20),
    "strong": TextStyle(13, 20, 600),
    "small": TextStyle(12, 16),
    "card_title": TextStyle(14, 20, 600),
    "title": TextStyle(20, 26, 600),
    "figure": TextStyle(18, 26, 600),
    "answer": TextStyle(15, 24),
    "mono": TextStyle(12, 18, mono=True),
}


@dataclass(frozen=True, slots=True)
class Colors:
    """One scheme. `*_ground` is what text of that colour stands on; `*_line` a quieter border."""

    window: str
    rail: str
    card: str
    raised: str
    raised_hover: str
    input: str
    line: str
    text1: str
    text2: str
    text3: str
    disabled: str
    accent: str
    accent_hover: str
    accent_ground: str
    on_accent: str
    good: str
    good_ground: str
    caution: str
    caution_ground: str
    bad: str
    bad_ground: str
    handle: str
    series: tuple[str, ...]

    def named(self, name: str) -> str:
        """The colour `name`, which is a field or `series0` to `series5`; KeyError if unknown."""
        if name.startswith("series") and name != "series":
            return self.series[int(name.removeprefix("series")) % len(self.series)]
        value = getattr(self, name, None)
        if not isinstance(value, str):
            raise KeyError(name)
        return value


DARK = Colors(
    window="#0E1116",
    rail="#14181F",
    card="#1B2028",
    raised="#242B35",
    raised_hover="#2E3643",
    input="#14181F",
    line="#2A313C",
    text1="#E9EDF2",
    text2="#A9B3C0",
    text3="#8792A1",
    disabled="#5D6775",
    accent="#7C9BFF",
    accent_hover="#93ACFF",
    accent_ground="#26304F",
    on_accent="#0E1116",
    good="#3FBF8F",
    good_ground="#17352C",
    caution="#E8B04A",
    caution_ground="#3A2F18",
    bad="#F07167",
    bad_ground="#3B2022",
    handle="#3A4351",
    series=("#56B4E9", "#E69F00", "#2BB88A", "#CC79A7", "#D9C93A", "#E06C4F"),
)

LIGHT = Colors(
    window="#F3F5F8",
    rail="#FAFBFC",
    card="#FFFFFF",
    raised="#EDF0F4",
    raised_hover="#E2E7ED",
    input="#FAFBFC",
    line="#DCE1E8",
    text1="#18202A",
    text2="#4C5866",
    text3="#616D7A",
    disabled="#9AA4B0",
    accent="#3A5BD9",
    accent_hover="#2F4DC4",
    accent_ground="#E4EAFD",
    on_accent="#FFFFFF",
    good="#117A58",
    good_ground="#DDF3EA",
    caution="#8A5A00",
    caution_ground="#FBEFD5",
    bad="#B3372F",
    bad_ground="#FBE3E1",
    handle="#C3CAD3",
    series=("#2585BE", "#B57A00", "#14875F", "#B35A8B", "#877B00", "#C4502F"),
)


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two `#RRGGBB` colours, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
