"""One figure of the page as a card."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.stats.pace import PaceOverTime
from workbench.ui.panels.quality.finding import Action, Finding, Row
from workbench.ui.panels.quality.interval_bar import IntervalBar
from workbench.ui.panels.quality.pace_chart import PaceChart
from workbench.ui.tokens import SPACE_4, SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.elided_label import ElidedLabel
from workbench.ui.widgets.texts import button, label, pill, set_pill

_MOST_ROWS = 5
_NAME_SHARE, _BAR_SHARE = 3, 4


class FindingCard(Card):
    """`wanted` is emitted with the finding's action when its button is pressed."""

    wanted = Signal(Action)

    def __init__(self, title: str, key: str) -> None:
        super().__init__(title)
        self.setObjectName(f"quality.{key}")
        self._action: Action | None = None
        self._tag = pill()
        self.add_header_widget(self._tag)
        self.figure = label("–", "figure")
        self._interval = ElidedLabel("", "small")
        head = QHBoxLayout()
        head.setSpacing(SPACE_12)
        head.addWidget(self.figure)
        head.addWidget(self._interval, 1)
        self._bar = IntervalBar()
        self._chart: PaceChart | None = None
        self.meaning = label("", "secondary", wrap=True)
        self.advice = label("", "body", wrap=True)
        self._rows = _Rows()
        self._links: list[ElidedButton] = []
        self._button = button("", self._act)
        self._button.setObjectName(f"quality.{key}.action")
        self.body.addLayout(head)
        for widget in (self._bar, self.meaning, self.advice):
            self.body.addWidget(widget)
        self._middle = QVBoxLayout()
        self._middle.setSpacing(SPACE_8)
        self.body.addLayout(self._middle, 1)
        self.body.addWidget(self._rows)
        self.body.addStretch(1)
        self.body.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        for hidden in (self._bar, self._rows, self._button, self._tag):
            hidden.hide()

    def show_finding(self, finding: Finding) -> None:
        """Show another state of the same figure."""
        self.figure.setText(finding.figure)
        self._interval.show_text(finding.note)
        self._tag.setVisible(bool(finding.tag))
        set_pill(self._tag, finding.tag, finding.tone)
        self.meaning.setText(finding.meaning)
        self.advice.setText(finding.advice)
        self._bar.setVisible(finding.bar is not None and finding.bar.estimate.value is not None)
        if finding.bar is not None:
            self._bar.show_bar(finding.bar, f"{finding.figure}, {finding.note}")
        self._show_lines(finding.lines)
        self._rows.show_rows(finding.rows_title, finding.rows)
        self._rows.setVisible(bool(finding.rows))
        self._show_links(finding.links)
        self._action = finding.action
        self._button.setVisible(finding.action is not None)
        self._button.setText("" if finding.action is None else finding.action.title)
        self.setAccessibleDescription(f"{finding.figure}. {finding.meaning} {finding.advice}")

    @property
    def tag_text(self) -> str:
        """The word at the right of the title; empty without one."""
        return "" if self._tag.isHidden() else self._tag.text()

    def _show_lines(self, lines: tuple[tuple[str, PaceOverTime], ...]) -> None:
        if self._chart is None and lines:
            self._chart = PaceChart()
            self._middle.addWidget(self._chart, 1)
        if self._chart is not None:
            self._chart.setVisible(bool(lines))
            self._chart.show_lines(lines)

    def _show_links(self, links: tuple[Action, ...]) -> None:
        while len(self._links) < len(links):
            link = ElidedButton()
            link.wanted.connect(self.wanted)
            self._links.append(link)
            self._middle.addWidget(link)
        for place, link in enumerate(self._links):
            link.show_action(links[place] if place < len(links) else None)

    def _act(self) -> None:
        if self._action is not None:
            self.wanted.emit(self._action)


class ElidedButton(QPushButton):
    """A link on one line that gives way: what does not fit is cut with an ellipsis."""

    wanted = Signal(Action)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "link")
        self.setProperty("align", "left")
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._action: Action | None = None
        self.clicked.connect(self._act)

    def show_action(self, action: Action | None) -> None:
        """Lead to this; None hides the link."""
        self._action = action
        self.setVisible(action is not None)
        self.setAccessibleName("" if action is None else action.title)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        whole = "" if self._action is None else self._action.title
        cut = Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(whole, cut, self.width() - SPACE_4)
        self.setText(shown.replace("&", "&&"))
        self.setToolTip(whole if shown != whole else "")

    def _act(self) -> None:
        if self._action is not None:
            self.wanted.emit(self._action)


@dataclass(frozen=True, slots=True)
class _Line:
    name: ElidedLabel
    bar: IntervalBar
    figure: QLabel

    def set_visible(self, is_visible: bool) -> None:
        for widget in (self.name, self.bar, self.figure):
            widget.setVisible(is_visible)


class _Rows(QWidget):
    """A figure per person: the name, the interval, the number. Lines are made when needed."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[_Line] = []
        self._title = label("", "small")
        self._more = label("", "small")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, SPACE_8, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_12)
        self._grid.setVerticalSpacing(SPACE_4)
        self._grid.setColumnStretch(0, _NAME_SHARE)
        self._grid.setColumnStretch(1, _BAR_SHARE)
        self._grid.addWidget(self._title, 0, 0, 1, 3)
        self._grid.addWidget(self._more, _MOST_ROWS + 1, 0, 1, 3)

    def show_rows(self, title: str, rows: tuple[Row, ...]) -> None:
        """Show the first few; how many more there are stands below."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        shown = rows[:_MOST_ROWS]
        while len(self._lines) < len(shown):
            self._add_line()
        for place, line in enumerate(self._lines):
            line.set_visible(place < len(shown))
        for line, row in zip(self._lines, shown, strict=False):
            line.name.show_text(row.name)
            tone = "caution" if row.stands_out else "accent"
            line.bar.show_bar(row.bar, f"{row.name}, {row.figure}", tone=tone)
            line.figure.setText(row.figure)
        left_out = len(rows) - len(shown)
        self._more.setText(self.tr("and {0} more").format(left_out))
        self._more.setVisible(left_out > 0)

    def _add_line(self) -> None:
        line = _Line(ElidedLabel("", "body"), IntervalBar(with_labels=False), label("", "body"))
        line.figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._lines.append(line)
        for column, widget in enumerate((line.name, line.bar, line.figure)):
            self._grid.addWidget(widget, len(self._lines), column)
