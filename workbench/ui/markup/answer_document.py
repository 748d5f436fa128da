"""A text laid out for reading, and the way between its places on screen and in the source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFontMetricsF,
    QPainter,
    QPalette,
    QPixmap,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)

from workbench.ui import theme
from workbench.ui.formulas import typesetter
from workbench.ui.formulas.formula import Formula
from workbench.ui.formulas.outline import Outline
from workbench.ui.markup.blocks import CELL_END, Block, Kind, as_written, read_blocks
from workbench.ui.markup.columns import Columns
from workbench.ui.markup.direction import runs_from_right
from workbench.ui.markup.formula_object import OBJECT, FormulaObjects
from workbench.ui.markup.inline import Run, Style
from workbench.ui.tokens import SPACE_4, SPACE_12, SPACE_16, TEXT_STYLES

_ANSWER = TEXT_STYLES["answer"]
_CODE_LINE_HEIGHT = 22
_HEADING_SIZES = {1: 19, 2: 17}
_SEMIBOLD = 600
_NUMBER_INDENT = 20
_MONO_KINDS = (Kind.CODE, Kind.TABLE)
_BLOCK_END, _LINE_END = "\u2029", "\u2028"  # Qt's own signs
_MOST_FORMULAS = 300  # in a text; those after them stay text


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where a run stands on screen (`shown`) and in the source; `plain` says it in words."""

    shown: int
    run: Run
    plain: str


class AnswerDocument:
    """`document` is ready to be shown; made ahead of time, showing it costs next to nothing.

    Formulas that are `undecided` when it is made are plain text in it. `described` is the text in
    words where some are drawn, else nothing.
    """

    def __init__(self, text: str, *, is_as_written: bool = False) -> None:
        self.text = text
        self.is_as_written = is_as_written
        self.document = QTextDocument()
        self.document.setUndoRedoEnabled(False)
        self.document.setDocumentMargin(0)
        self.document.setDefaultFont(theme.font("answer"))
        option = self.document.defaultTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document.setDefaultTextOption(option)
        self._placed: list[_Placed] = []
        self._formulas: FormulaObjects | None = None
        self._picture: QPixmap | None = None
        self.undecided: dict[Formula, None] = {}
        blocks = as_written(text) if is_as_written else read_blocks(text)
        self._write(blocks)
        self._starts = [placed.shown for placed in self._placed]
        self.described = self._described()

    def source_range(self, start: int, end: int) -> tuple[int, int] | None:
        """The part of the source that stands from `start` to `end` on screen; None if nothing."""
        pieces = [
            _part_of(placed, max(start, placed.shown), min(end, placed.shown + len(run.text)))
            for placed in self._between(start, end)
            if (run := placed.run).text and placed.run.end > placed.run.start
        ]
        if not pieces:
            return None
        return min(piece[0] for piece in pieces), max(piece[1] for piece in pieces)

    def shown_ranges(self, start: int, end: int) -> list[tuple[int, int]]:
        """Where the source from `start` to `end` stands on screen, run by run."""
        found = []
        for placed in self._placed:
            run = placed.run
            if run.end <= start or run.start >= end or not run.text:
                continue
            if run.is_literal:
                first = placed.shown + max(start - run.start, 0)
                last = placed.shown + min(end, run.end) - run.start
            else:
                first, last = placed.shown, placed.shown + len(run.text)
            found.append((first, last))
        return found

    def copied_text(self, start: int, end: int) -> str:
        """What stands from `start` to `end` on screen, with formulas as they are in the source."""
        return self._in_words(
            start, end, lambda placed: self.text[placed.run.start : placed.run.end]
        )

    def paint_ahead(self, size: QSize, device_pixel_ratio: float, palette: QPalette) -> None:
        """Lay it out for a view of this size, and paint there and then what it shows at first."""
        self.document.setTextWidth(size.width())
        picture = QPixmap(size * device_pixel_ratio)
        picture.setDevicePixelRatio(device_pixel_ratio)
        picture.fill(theme.color("card"))
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = palette
        context.clip = QRectF(QPointF(), QSizeF(size))
        painter = QPainter(picture)
        self.document.documentLayout().draw(painter, context)
        painter.end()
        self._picture = picture

    def take_picture(self) -> QPixmap | None:
        """What was painted ahead, once: a view that is touched in any way paints itself anew."""
        picture, self._picture = self._picture, None
        return picture

    def _described(self) -> str:
        if self._formulas is None:
            return ""
        return self._in_words(0, self.document.characterCount() - 1, lambda placed: placed.plain)

    def _in_words(self, start: int, end: int, formula: Callable[[_Placed], str]) -> str:
        cursor = QTextCursor(self.document)
        parts, at = list[str](), start
        for placed in self._between(start, end):
            if placed.run.formula is not None:
                parts += (_plain_text(cursor, at, placed.shown), formula(placed))
                at = placed.shown + len(placed.run.text)
        parts.append(_plain_text(cursor, at, end))
        return "".join(parts).replace(_BLOCK_END, "\n").replace(_LINE_END, "\n")

    def _between(self, start: int, end: int) -> list[_Placed]:
        first = max(bisect_right(self._starts, start) - 1, 0)
        return [
            placed
            for placed in self._placed[first:]
            if placed.shown < end and placed.shown + len(placed.run.text) > start
        ]

    def _write(self, blocks: Sequence[Block]) -> None:
        cursor = QTextCursor(self.document)
        scheme = id(theme.active().colors)
        plain = _char_format(scheme, Kind.PARAGRAPH, 0, Style.PLAIN)
        columns = Columns()
        cursor.beginEditBlock()
        for number, block in enumerate(blocks):
            if number:
                # An empty line has the height of its own letters, not of a formula before it.
                cursor.insertBlock(_block_format(block), plain)
            else:
                cursor.setBlockFormat(_block_format(block))
            is_row = block.kind is Kind.TABLE
            if is_row:
                columns.begin_row(cursor.block())
            else:
                columns.place()
            for run in block.runs:
                shape = _char_format(scheme, block.kind, block.level, run.style)
                outline = self._outline(run.formula)
                if outline is None:
                    shown = run
                else:
                    shown = replace(run, text=OBJECT)
                    shape = self._object_format(outline, block, run.style)
                self._placed.append(_Placed(cursor.position(), shown, run.text))
                cursor.insertText(shown.text, shape)
                if is_row and run.text == CELL_END:
                    columns.end_cell()
                elif is_row:
                    columns.add(self._width_px(shown, shape))
        columns.place()
        cursor.endEditBlock()

    def _width_px(self, shown: Run, shape: QTextCharFormat) -> float:
        if shown.formula is not None and shown.text == OBJECT and self._formulas is not None:
            return self._formulas.width_px(shape)
        return QFontMetricsF(shape.font()).horizontalAdvance(shown.text)

    def _outline(self, formula: Formula | None) -> Outline | None:
        if formula is None:
            return None
        known = typesetter.shared()
        if not known.is_decided(formula) and len(self.undecided) < _MOST_FORMULAS:
            self.undecided[formula] = None
        return known.outline(formula)

    def _object_format(self, outline: Outline, block: Block, style: Style) -> QTextCharFormat:
        if self._formulas is None:
            self._formulas = FormulaObjects(self.document)
        scheme = id(theme.active().colors)
        around = _char_format(scheme, block.kind, block.level, style & ~Style.FORMULA)
        return self._formulas.format_for(outline, around)


def _plain_text(cursor: QTextCursor, start: int, end: int) -> str:
    cursor.setPosition(min(start, end))
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor.selectedText()


def _part_of(placed: _Placed, start: int, end: int) -> tuple[int, int]:
    run = placed.run
    if not run.is_literal:
        return run.start, run.end
    return run.start + start - placed.shown, run.start + end - placed.shown


def _block_format(block: Block) -> QTextBlockFormat:
    made = QTextBlockFormat()
    from_right = runs_from_right("".join(run.text for run in block.runs))
    set_margin = made.setRightMargin if from_right else made.setLeftMargin
    height = _CODE_LINE_HEIGHT if block.kind in _MONO_KINDS else _ANSWER.line_height
    made.setLineHeight(height, QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
    if block.kind is Kind.CODE:
        made.setBackground(theme.color("raised"))
        made.setLeftMargin(SPACE_4)
    elif block.kind is Kind.ITEM:
        set_margin(SPACE_16 * (block.level + 1) + SPACE_4)
        made.setTextIndent(-SPACE_12 if block.runs[0].text.startswith("•") else -_NUMBER_INDENT)
    elif block.kind is Kind.QUOTE:
        set_margin(SPACE_16)
    elif block.kind is Kind.FORMULA:
        made.setLeftMargin(SPACE_16)
        made.setTopMargin(SPACE_4)
        made.setBottomMargin(SPACE_4)
    elif block.kind is Kind.RULE:
        made.setProperty(QTextBlockFormat.Property.BlockTrailingHorizontalRulerWidth, 1)
    return made


@lru_cache(maxsize=256)
def _char_format(_scheme: int, kind: Kind, level: int, style: Style) -> QTextCharFormat:
    """Made once for each scheme of colours: making one costs more than inserting its text."""
    made = QTextCharFormat()
    made.setFont(theme.font("answer"))
    if kind is Kind.HEADING:
        font = theme.font("answer")
        font.setPixelSize(_HEADING_SIZES.get(level, _ANSWER.size))
        made.setFont(font)
        made.setFontWeight(_SEMIBOLD)
    if Style.CODE in style:
        font = theme.font("mono")
        font.setPixelSize(_ANSWER.size - 2)
        made.setFont(font)
        if kind not in _MONO_KINDS:
            made.setBackground(theme.color("raised"))
    if Style.FORMULA in style:
        made.setFontItalic(True)
        made.setForeground(theme.color("accent"))
    if Style.BOLD in style:
        made.setFontWeight(_SEMIBOLD)
    if Style.ITALIC in style:
        made.setFontItalic(True)
    if Style.STRUCK in style:
        made.setFontStrikeOut(True)
    if Style.LINK in style:
        made.setFontUnderline(True)
    if kind is Kind.QUOTE:
        made.setForeground(theme.color("text2"))
    elif made.foreground().style() is Qt.BrushStyle.NoBrush:
        made.setForeground(theme.color("text1"))
    return made
