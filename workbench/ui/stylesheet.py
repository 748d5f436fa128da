"""The one style sheet, made from the tokens. Text in, text out: no Qt here."""

from __future__ import annotations

from workbench.ui.marks import mark
from workbench.ui.tokens import (
    CONTROL_HEIGHT,
    CORNER_CARD,
    CORNER_CONTROL,
    MARK_SIZE,
    METER_HEIGHT,
    SPACE_4,
    SPACE_8,
    SPACE_12,
    SPACE_16,
    SPACE_24,
    TEXT_STYLES,
    Colors,
)

_INNER_HEIGHT = CONTROL_HEIGHT - 2  # a control's height without its two borders
_SCROLLBAR = 10
_ITEM_MARGIN = 3  # what Qt adds beside the text of a table's cell
_MENU_ROOM = SPACE_16 + MARK_SIZE


def build(c: Colors) -> str:
    """The application's style sheet for one scheme."""
    parts = (_texts, _frames, _buttons, _inputs, _toggles, _lists, _tabs, _bars, _window)
    return "\n".join(part(c) for part in parts)


def _type(style: str) -> str:
    chosen = TEXT_STYLES[style]
    return (
        f'font-family: "{chosen.family}"; font-size: {chosen.size}px; font-weight: {chosen.weight};'
    )


def _texts(c: Colors) -> str:
    def role(name: str, style: str, color: str) -> str:
        return f'QLabel[role="{name}"] {{ {_type(style)} color: {color}; }}'

    def pill(name: str, color: str, ground: str) -> str:
        return (
            f'QLabel[pill="{name}"] {{ {_type("small")} color: {color}; background: {ground};'
            f" border-radius: 10px; padding: 2px {SPACE_8}px; min-height: {SPACE_16}px; }}"
        )

    return "\n".join(
        (
            f"QLabel {{ color: {c.text1}; background: transparent; }}",
            f"QLabel:disabled {{ color: {c.disabled}; }}",
            role("title", "title", c.text1),
            role("purpose", "body", c.text2),
            role("secondary", "body", c.text2),
            role("small", "small", c.text3),
            role("strong", "strong", c.text1),
            role("card_title", "card_title", c.text1),
            role("figure", "figure", c.text1),
            role("answer", "answer", c.text1),
            role("mono", "mono", c.text2),
            role("good", "small", c.good),
            role("caution", "small", c.caution),
            role("bad", "small", c.bad),
            pill("good", c.good, c.good_ground),
            pill("caution", c.caution, c.caution_ground),
            pill("bad", c.bad, c.bad_ground),
            pill("accent", c.accent, c.accent_ground),
            pill("neutral", c.text2, c.raised),
            f'QLabel[role="key"] {{ {_type("mono")} color: {c.text1}; background: {c.raised};'
            f" border: 1px solid {c.line}; border-bottom-width: 2px; border-radius: {SPACE_4}px;"
            f" padding: 0 {SPACE_4 + 1}px; }}",
            f"QToolTip {{ {_type('small')} color: {c.text1}; background: {c.raised};"
            f" border: 1px solid {c.line}; padding: {SPACE_4}px {SPACE_8}px; }}",
        )
    )


def _frames(c: Colors) -> str:
    def card(name: str, ground: str, line: str) -> str:
        return (
            f'QFrame[card="{name}"] {{ background: {ground}; border: 1px solid {line};'
            f" border-radius: {CORNER_CARD}px; }}"
            f'QFrame[card="{name}"][choice="true"]:focus {{'
            f" border-color: {c.text1 if line == c.accent else c.accent}; }}"
        )

    return "\n".join(
        (
            card("plain", c.card, c.line),
            card("selected", c.accent_ground, c.accent),
            card("focused", c.card, c.accent),
            card("floating", c.raised, c.accent),
            card("good", c.card, c.good),
            card("caution", c.card, c.caution),
            card("bad", c.card, c.bad),
            f'QFrame[card="inset"] {{ background: {c.input}; border: 0;'
            f" border-radius: {CORNER_CONTROL}px; }}",
            f'QFrame[line="true"] {{ background: {c.line}; border: 0; }}',
            "QSplitter::handle { background: transparent; }",
            f"QScrollArea {{ background: transparent; border: 1px solid transparent;"
            f" border-radius: {CORNER_CONTROL}px; }}",
            f"QScrollArea:focus {{ border-color: {c.accent}; }}",
            'QWidget[plain="true"] { background: transparent; }',
        )
    )


def _buttons(c: Colors) -> str:
    body = (
        f"min-height: {_INNER_HEIGHT}px; padding: 0 {SPACE_16 - 2}px;"
        f" border-radius: {CORNER_CONTROL}px; {_type('body')}"
    )

    def kind(name: str, color: str, ground: str, line: str, hover: str) -> str:
        at = f'QPushButton[kind="{name}"]'
        return (
            f"{at} {{ color: {color}; background: {ground}; border: 1px solid {line}; }}"
            f"{at}:hover {{ background: {hover}; }}"
            f"{at}:pressed {{ background: {c.line}; color: {c.text1}; }}"
            f"{at}:focus {{ border-color: {c.accent}; }}"
            f"{at}:checked {{ background: {c.accent_ground}; color: {c.accent};"
            f" border-color: {c.accent}; }}"
            f"{at}:checked:focus {{ border-color: {c.text1}; }}"
            f"{at}:disabled {{ color: {c.disabled}; background: {ground};"
            f" border-color: {c.line}; }}"
        )

    return "\n".join(
        (
            f"QPushButton {{ {body} color: {c.text1}; background: {c.raised};"
            f" border: 1px solid {c.line}; }}",
            f"QPushButton:hover {{ background: {c.raised_hover}; }}",
            f"QPushButton:focus {{ border-color: {c.accent}; }}",
            f"QPushButton:disabled {{ color: {c.disabled}; }}",
            kind("raised", c.text1, c.raised, c.line, c.raised_hover),
            kind("quiet", c.text1, "transparent", c.line, c.raised),
            kind("danger", c.bad, c.raised, c.line, c.bad_ground),
            f'QPushButton[kind="primary"] {{ color: {c.on_accent}; background: {c.accent};'
            f" border: 1px solid {c.accent}; font-weight: 600; }}",
            f'QPushButton[kind="primary"]:hover {{ background: {c.accent_hover};'
            f" border-color: {c.accent_hover}; }}",
            f'QPushButton[kind="primary"]:focus {{ border-color: {c.text1}; }}',
            f'QPushButton[kind="primary"]:disabled {{ color: {c.text3}; background: {c.raised};'
            f" border-color: {c.line}; }}",
            f'QPushButton[kind="link"] {{ color: {c.accent}; background: transparent;'
            " border: 1px solid transparent; padding: 0; min-height: 18px; }",
            'QPushButton[kind="link"][align="left"] { text-align: left; }',
            f'QPushButton[kind="link"]:hover {{ color: {c.accent_hover}; }}',
            f'QPushButton[kind="link"]:focus {{ border-bottom-color: {c.accent}; }}',
            f'QPushButton[kind="icon"] {{ background: transparent; border: 1px solid transparent;'
            f" padding: 0 {SPACE_4}px; min-height: 24px; min-width: 24px; }}",
            f'QPushButton[kind="icon"]:hover {{ background: {c.raised}; }}',
            f'QPushButton[kind="icon"]:focus {{ border-color: {c.accent}; }}',
            f'QPushButton[kind="chip"] {{ {_type("small")} color: {c.text1};'
            f" background: {c.raised}; border: 1px solid {c.line}; border-radius: {SPACE_4}px;"
            f" padding: 0 {SPACE_4}px; min-height: {SPACE_24 - 2}px; }}",
            f'QPushButton[kind="chip"]:hover {{ background: {c.raised_hover}; }}',
            f'QPushButton[kind="chip"]:checked {{ color: {c.accent};'
            f" background: {c.accent_ground}; border-color: {c.accent}; }}",
            f'QPushButton[kind="chip"]:focus {{ border-color: {c.accent}; }}',
            f'QPushButton[kind="chip"]:checked:focus {{ border-color: {c.text1}; }}',
            f'QPushButton[kind="key"] {{ {_type("mono")} color: {c.text1};'
            f" background: {c.raised}; border: 1px solid {c.line}; border-radius: {SPACE_4}px;"
            f" padding: 0 {SPACE_4 + 2}px; min-height: {SPACE_16 + 2}px; }}",
            f'QPushButton[kind="key"]:hover {{ background: {c.raised_hover}; }}',
            f'QPushButton[kind="key"]:focus {{ border-color: {c.accent}; }}',
            "QPushButton::menu-indicator { subcontrol-position: right center;"
            f" image: url({mark('down', c.text2)}); width: {MARK_SIZE}px; height: {MARK_SIZE}px;"
            f" right: {SPACE_8}px; }}",
            f'QPushButton[menu="true"] {{ padding-right: {_MENU_ROOM}px; }}',
        )
    )


def _inputs(c: Colors) -> str:
    fields = "QLineEdit, QAbstractSpinBox, QComboBox"
    areas = "QPlainTextEdit, QTextEdit"
    invalid = ", ".join(
        f'{name}[invalid="true"]'
        for name in ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QPlainTextEdit", "QTextEdit")
    )
    focus = ", ".join(
        f"{name}:focus"
        for name in ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QPlainTextEdit", "QTextEdit")
    )
    return "\n".join(
        (
            f"{fields} {{ {_type('body')} color: {c.text1}; background: {c.input};"
            f" border: 1px solid {c.line}; border-radius: {CORNER_CONTROL}px;"
            f" min-height: {_INNER_HEIGHT}px; padding: 0 {SPACE_8}px;"
            f" selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}",
            f"{areas} {{ {_type('body')} color: {c.text1}; background: {c.input};"
            f" border: 1px solid {c.line}; border-radius: {CORNER_CONTROL}px;"
            f" padding: {SPACE_4}px; selection-background-color: {c.accent};"
            f" selection-color: {c.on_accent}; }}",
            f'QPlainTextEdit[role="mono"] {{ {_type("mono")} color: {c.text2}; }}',
            f'QPlainTextEdit[role="answer"], QTextEdit[role="answer"] {{ {_type("answer")}'
            f" color: {c.text1}; }}",
            'QTextEdit[frame="none"], QPlainTextEdit[frame="none"] { background: transparent;'
            " border: 0; padding: 0; }",
            f"{focus} {{ border-color: {c.accent}; }}",
            f"{invalid} {{ border-color: {c.bad}; }}",
            f"QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled"
            f" {{ color: {c.disabled}; }}",
            f"QLineEdit:read-only {{ color: {c.text2}; }}",
            f"QComboBox::drop-down {{ border: 0; width: {MARK_SIZE + SPACE_8}px; }}",
            f"QComboBox::down-arrow {{ image: url({mark('down', c.text2)});"
            f" width: {MARK_SIZE}px; height: {MARK_SIZE}px; }}",
            f"QComboBox QAbstractItemView {{ background: {c.raised}; color: {c.text1};"
            f" border: 1px solid {c.line}; padding: {SPACE_4}px; outline: 0;"
            f" selection-background-color: {c.accent_ground}; selection-color: {c.text1}; }}",
            f"QComboBox QAbstractItemView::item {{ min-height: {CONTROL_HEIGHT - 4}px; }}",
            f"QAbstractSpinBox {{ padding-left: {SPACE_12}px; }}",  # as text in a line edit stands
            "QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: 0;"
            f" width: {MARK_SIZE + SPACE_4}px; background: transparent; }}",
            f"QAbstractSpinBox::up-arrow {{ image: url({mark('up', c.text2)});"
            f" width: {MARK_SIZE - 2}px; }}",
            f"QAbstractSpinBox::down-arrow {{ image: url({mark('down', c.text2)});"
            f" width: {MARK_SIZE - 2}px; }}",
        )
    )


def _toggles(c: Colors) -> str:
    both = "QCheckBox::indicator, QRadioButton::indicator"
    return "\n".join(
        (
            f"QCheckBox, QRadioButton {{ color: {c.text1}; spacing: {SPACE_8}px;"
            f" min-height: {SPACE_24 - 2}px; background: transparent;"
            f" border: 1px solid transparent; border-radius: {SPACE_4}px; }}",
            f"QCheckBox:focus, QRadioButton:focus {{ border-color: {c.accent}; }}",
            f"QCheckBox:disabled, QRadioButton:disabled {{ color: {c.disabled}; }}",
            f"{both} {{ width: {MARK_SIZE}px; height: {MARK_SIZE}px;"
            f" border: 1px solid {c.handle}; background: {c.input}; }}",
            f"QCheckBox::indicator {{ border-radius: {SPACE_4}px; }}",
            f"QRadioButton::indicator {{ border-radius: {MARK_SIZE // 2 + 1}px; }}",
            f"QCheckBox::indicator:hover, QRadioButton::indicator:hover,"
            f" QCheckBox::indicator:focus, QRadioButton::indicator:focus"
            f" {{ border-color: {c.accent}; }}",
            f"QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent};"
            f" image: url({mark('tick', c.on_accent)}); }}",
            f"QCheckBox::indicator:indeterminate {{ background: {c.accent};"
            f" border-color: {c.accent}; image: url({mark('dash', c.on_accent)}); }}",
            f"QRadioButton::indicator:checked {{ background: {c.accent};"
            f" border-color: {c.accent}; image: url({mark('dot', c.on_accent)}); }}",
        )
    )


def _lists(c: Colors) -> str:
    views = "QListView, QTreeView, QTableView"
    return "\n".join(
        (
            f"{views} {{ {_type('body')} background: transparent; color: {c.text1}; border: 0;"
            f" border-radius: {SPACE_4}px; outline: 0; gridline-color: {c.line};"
            " alternate-background-color: transparent;"
            f" selection-background-color: {c.accent_ground}; selection-color: {c.text1}; }}",
            "QTreeView, QTableView { border: 1px solid transparent; }",
            f"QTreeView:focus, QTableView:focus {{ border-color: {c.accent}; }}",
            f"QListView::item, QTreeView::item {{ padding: {SPACE_4}px {SPACE_8}px;"
            f" border-radius: {SPACE_4}px; }}",
            f"QTableView::item {{ padding: 0 {SPACE_8}px; border-bottom: 1px solid {c.line}; }}",
            "QListView::item:selected, QTreeView::item:selected, QTableView::item:selected"
            f" {{ background: {c.accent_ground}; color: {c.text1}; }}",
            f"QListView::item:hover:!selected, QTreeView::item:hover:!selected"
            f" {{ background: {c.raised}; }}",
            f"QHeaderView {{ background: transparent; border: 0; {_type('small')} }}",
            f"QHeaderView::section {{ background: transparent; color: {c.text3}; border: 0;"
            f" border-bottom: 1px solid {c.line}; padding: {SPACE_4}px {SPACE_8 + _ITEM_MARGIN}px;"
            f" min-height: {SPACE_24}px; {_type('small')} }}",
            "QTableCornerButton::section { background: transparent; border: 0; }",
            f"QMenu {{ background: {c.raised}; color: {c.text1}; border: 1px solid {c.line};"
            f" padding: {SPACE_4}px; }}",
            f"QMenu::item {{ padding: {SPACE_4 + 2}px {SPACE_24}px {SPACE_4 + 2}px"
            f" {SPACE_12}px; border-radius: {SPACE_4}px; }}",
            f"QMenu::item:selected {{ background: {c.accent_ground}; }}",
            f"QMenu::item:disabled {{ color: {c.disabled}; }}",
            f"QMenu::separator {{ height: 1px; background: {c.line}; margin: {SPACE_4}px; }}",
        )
    )


def _tabs(c: Colors) -> str:
    return "\n".join(
        (
            "QTabWidget::pane { border: 0; background: transparent; }",
            "QTabBar { background: transparent; border: 0; }",
            f"QTabBar::tab {{ {_type('body')} color: {c.text2}; background: transparent;"
            f" border: 0; border-bottom: 2px solid transparent; margin-right: {SPACE_16}px;"
            f" padding: {SPACE_4}px 0; }}",
            f"QTabBar::tab:selected {{ color: {c.text1}; border-bottom-color: {c.accent}; }}",
            f"QTabBar::tab:hover:!selected {{ color: {c.text1}; }}",
            f"QTabBar::tab:focus {{ color: {c.accent}; }}",
        )
    )


def _bars(c: Colors) -> str:
    radius = _SCROLLBAR // 2 - 2
    return "\n".join(
        (
            f"QProgressBar {{ background: {c.raised}; border: 0; max-height: {METER_HEIGHT}px;"
            f" min-height: {METER_HEIGHT}px; border-radius: {METER_HEIGHT // 2}px;"
            f" color: {c.text1}; }}",
            f"QProgressBar::chunk {{ background: {c.accent};"
            f" border-radius: {METER_HEIGHT // 2}px; }}",
            f"QScrollBar {{ background: transparent; border: 0; margin: 0; }}"
            f"QScrollBar:vertical {{ width: {_SCROLLBAR}px; }}"
            f"QScrollBar:horizontal {{ height: {_SCROLLBAR}px; }}",
            f"QScrollBar::handle {{ background: {c.handle}; border-radius: {radius}px;"
            " margin: 2px; }"
            "QScrollBar::handle:vertical { min-height: 32px; }"
            "QScrollBar::handle:horizontal { min-width: 32px; }"
            f"QScrollBar::handle:hover {{ background: {c.text3}; }}",
            "QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: 0; }"
            "QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }",
            f"QSlider::groove:horizontal {{ height: {SPACE_4}px; border-radius: 2px;"
            f" background: {c.raised}; }}"
            f"QSlider::sub-page:horizontal {{ background: {c.accent}; border-radius: 2px; }}"
            f"QSlider::handle:horizontal {{ background: {c.text1}; width: {SPACE_12}px;"
            f" margin: -{SPACE_4}px 0; border-radius: {SPACE_12 // 2}px; }}"
            f"QSlider::handle:horizontal:focus {{ background: {c.accent}; }}",
        )
    )


def _window(c: Colors) -> str:
    rail = 'QToolButton[kind="rail"]'
    return "\n".join(
        (
            f"QMainWindow, QDialog {{ background: {c.window}; }}",
            f'QFrame[area="rail"] {{ background: {c.rail}; border: 0;'
            f" border-right: 1px solid {c.line}; }}",
            f'QFrame[area="strip"] {{ background: {c.rail}; border: 0;'
            f" border-top: 1px solid {c.line}; }}",
            f'QFrame[area="strip"] QLabel {{ {_type("small")} }}',
            f'QFrame[area="strip"] QLabel[role="strong"] {{ {_type("small")} font-weight: 600;'
            f" color: {c.text1}; }}",
            f"{rail} {{ {_type('small')} color: {c.text2}; background: transparent;"
            f" border: 1px solid transparent; border-radius: {SPACE_8}px;"
            f" padding: {SPACE_4 + 2}px 0 {SPACE_4}px 0; }}",
            f"{rail}:hover {{ background: {c.raised}; color: {c.text1}; }}",
            f"{rail}:focus {{ border-color: {c.accent}; }}",
            f"{rail}:checked {{ background: {c.accent_ground}; color: {c.accent};"
            " font-weight: 600; }",
            f"{rail}:disabled {{ color: {c.disabled}; background: transparent; }}",
            f'QFrame[area="palette"] {{ background: {c.card}; border: 1px solid {c.handle};'
            f" border-radius: {CORNER_CARD}px; }}",
        )
    )
