"""What can be done with a key, and which key does it. Knows no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

from workbench.core.errors import KnownError
from workbench.core.preferences import Choice, Side, Strength


class KeyTakenError(KnownError):
    """A key can't be given to an action."""


class Action(StrEnum):
    LEFT_MUCH = auto()
    LEFT = auto()
    LEFT_SLIGHTLY = auto()
    TIE = auto()
    RIGHT_SLIGHTLY = auto()
    RIGHT = auto()
    RIGHT_MUCH = auto()
    BOTH_BAD = auto()
    SKIP = auto()
    UNDO = auto()
    REDO = auto()
    FLAG = auto()
    NOTE = auto()
    EDIT = auto()
    DIFFERENCE = auto()
    ASPECTS = auto()
    TAGS = auto()
    GOOD_SPAN = auto()
    BAD_SPAN = auto()
    DETAILS = auto()
    AS_WRITTEN = auto()
    SCROLL_TOGETHER = auto()
    SCROLL_DOWN = auto()
    SCROLL_UP = auto()


@dataclass(frozen=True, slots=True)
class Given:
    """What a verdict key says: a side with a strength, or a choice without a side."""

    side: Side | None = None
    strength: Strength | None = None
    choice: Choice | None = None


VERDICTS: dict[Action, Given] = {
    Action.LEFT_MUCH: Given(Side.LEFT, Strength.MUCH),
    Action.LEFT: Given(Side.LEFT, Strength.CLEARLY),
    Action.LEFT_SLIGHTLY: Given(Side.LEFT, Strength.SLIGHTLY),
    Action.TIE: Given(choice=Choice.TIE),
    Action.RIGHT_SLIGHTLY: Given(Side.RIGHT, Strength.SLIGHTLY),
    Action.RIGHT: Given(Side.RIGHT, Strength.CLEARLY),
    Action.RIGHT_MUCH: Given(Side.RIGHT, Strength.MUCH),
    Action.BOTH_BAD: Given(choice=Choice.BOTH_BAD),
    Action.SKIP: Given(choice=Choice.SKIP),
}

# The plain arrows are "clearly"; Shift makes it "much", Alt "slightly", as the row of figures does.
DEFAULT_KEYS: dict[Action, tuple[str, ...]] = {
    Action.LEFT_MUCH: ("1", "Shift+Left"),
    Action.LEFT: ("2", "Left"),
    Action.LEFT_SLIGHTLY: ("3", "Alt+Left"),
    Action.TIE: ("0", "Down"),
    Action.RIGHT_SLIGHTLY: ("7", "Alt+Right"),
    Action.RIGHT: ("8", "Right"),
    Action.RIGHT_MUCH: ("9", "Shift+Right"),
    Action.BOTH_BAD: ("B",),
    Action.SKIP: ("S",),
    Action.UNDO: ("Ctrl+Z",),
    Action.REDO: ("Ctrl+Shift+Z", "Ctrl+Y"),
    Action.FLAG: ("F",),
    Action.NOTE: ("N",),
    Action.EDIT: ("E",),
    Action.DIFFERENCE: ("D",),
    Action.ASPECTS: ("A",),
    Action.TAGS: ("R",),
    Action.GOOD_SPAN: ("G",),
    Action.BAD_SPAN: ("X",),
    Action.DETAILS: ("M",),
    Action.AS_WRITTEN: ("W",),
    Action.SCROLL_TOGETHER: ("L",),
    Action.SCROLL_DOWN: ("Space", "PgDown"),
    Action.SCROLL_UP: ("Shift+Space", "PgUp"),
}

# What the window itself listens to, and what ends a mode.
_TAKEN = ("Ctrl+K", *(f"Ctrl+{number}" for number in range(1, 10)), "Esc", "Tab", "Shift+Tab")


def title(action: Action) -> str:
    """What an action is called on buttons and in the list of keys."""
    titles = {
        Action.LEFT_MUCH: _tr("Left much"),
        Action.LEFT: _tr("Left better"),
        Action.LEFT_SLIGHTLY: _tr("Left slightly"),
        Action.TIE: _tr("Tie"),
        Action.RIGHT_SLIGHTLY: _tr("Right slightly"),
        Action.RIGHT: _tr("Right better"),
        Action.RIGHT_MUCH: _tr("Right much"),
        Action.BOTH_BAD: _tr("Both bad"),
        Action.SKIP: _tr("Skip"),
        Action.UNDO: _tr("Undo"),
        Action.REDO: _tr("Redo"),
        Action.FLAG: _tr("Flag"),
        Action.NOTE: _tr("Note"),
        Action.EDIT: _tr("Edit into chosen"),
        Action.DIFFERENCE: _tr("Word difference"),
        Action.ASPECTS: _tr("Judge each aspect"),
        Action.TAGS: _tr("Reasons"),
        Action.GOOD_SPAN: _tr("Mark the selected words as good"),
        Action.BAD_SPAN: _tr("Mark the selected words as bad"),
        Action.DETAILS: _tr("Details"),
        Action.AS_WRITTEN: _tr("Show the answers as they were written"),
        Action.SCROLL_TOGETHER: _tr("Scroll together or apart"),
        Action.SCROLL_DOWN: _tr("Scroll down"),
        Action.SCROLL_UP: _tr("Scroll up"),
    }
    return titles[action]


class KeyMap:
    """Each action's keys: the usual ones, unless a person changed them."""

    def __init__(self, changed: Mapping[str, str] | None = None) -> None:
        self._keys = dict(DEFAULT_KEYS)
        for name, keys in (changed or {}).items():
            if name in DEFAULT_KEYS:
                self._keys[Action(name)] = tuple(part for part in keys.split(", ") if part)

    def keys(self, action: Action) -> tuple[str, ...]:
        return self._keys[action]

    def shown(self, action: Action) -> str:
        """The first key as it stands on a key cap; empty where there is none."""
        keys = self._keys[action]
        return shown_key(keys[0]) if keys else ""

    def change(self, action: Action, keys: str) -> None:
        """Give an action one key or more, with commas between them.

        Raises KeyTakenError for what is no key, and for one that already does something else.
        """
        wanted = tuple(_portable(part) for part in keys.split(",") if part.strip())
        for key in wanted:
            if key in _TAKEN:
                raise KeyTakenError(
                    _tr("{key} is needed by the window: choose another key.").format(
                        key=shown_key(key)
                    )
                )
            for other, others in self._keys.items():
                if other is not action and key in others:
                    raise KeyTakenError(
                        _tr("{key} already means “{other}”: choose another key.").format(
                            key=shown_key(key), other=title(other)
                        )
                    )
        if not wanted and action in VERDICTS:
            raise KeyTakenError(_tr("A verdict needs a key: choose one."))
        self._keys[action] = wanted

    def clear(self, action: Action) -> None:
        """Take an action's keys away, until `change` gives it others."""
        self._keys[action] = ()

    def changed(self) -> dict[str, str]:
        """What differs from the usual keys, to be kept in the settings."""
        return {
            action.value: ", ".join(keys)
            for action, keys in self._keys.items()
            if keys != DEFAULT_KEYS[action]
        }


def shown_key(keys: str) -> str:
    """A key as it stands on the keyboard."""
    arrows = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}
    return " ".join(arrows.get(part, part) for part in keys.split("+") if part) or "+"


def _portable(text: str) -> str:
    sequence = QKeySequence(text.strip())
    name = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1 or not name:
        raise KeyTakenError(
            _tr("“{text}” is no key: write it like B, Shift+Left or F2.").format(text=text.strip())
        )
    return name


def _tr(text: str) -> str:
    return QCoreApplication.translate("LabelActions", text)
