"""What to look for among the rows: words, and filters that are folded away until wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from workbench.core.preferences import Split
from workbench.store.browse import Order, RowFilter
from workbench.ui import icons
from workbench.ui.panels.data.number_field import WholeField
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button

_TYPING_PAUSE_MS = 180
_MOST_WORDS = 1_000_000
_COMBO_CHARACTERS = 7
_ORDER_CHARACTERS = 12
_COLUMNS = 3


class FilterBar(QWidget):
    """`changed` follows each change, a pause after the last key while somebody types."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.search.setObjectName("data.search")
        self.search.setAccessibleName(self.tr("Search the rows"))
        self.search.setPlaceholderText(self.tr("Search prompts and answers"))
        self.search.setToolTip(
            self.tr('All words must be there. "Exactly these words", -without, begin*')
        )
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # what is dropped on the panel is imported
        self.search.addAction(
            icons.icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition
        )
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_PAUSE_MS)
        self._typing.timeout.connect(self.changed)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.search.returnPressed.connect(self._search_now)
        self._order = self._combo(self.tr("Order"), "data.order")
        self._order.setMinimumContentsLength(_ORDER_CHARACTERS)
        for title, order in (
            (self.tr("As imported"), Order.STORED),
            (self.tr("Newest first"), Order.NEWEST),
            (self.tr("Longest first"), Order.LONGEST),
            (self.tr("Shortest first"), Order.SHORTEST),
        ):
            self._order.addItem(title, order.value)
        self._toggle = button(self.tr("Filters"), self._toggle_filters, icon="collapse")
        self._toggle.setObjectName("data.filters")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        top = QHBoxLayout()
        top.setSpacing(SPACE_8)
        layout.addLayout(top)
        top.addWidget(self.search, 1)
        top.addWidget(self._toggle)
        self._filters = self._make_filters()
        self._filters.hide()
        layout.addWidget(self._filters)

    @property
    def order_field(self) -> QComboBox:
        """To be placed by the owner: beside the search it would leave that no room."""
        return self._order

    @property
    def order(self) -> Order:
        return Order(self._order.currentData())

    def filter(self, kind: str, dataset_ids: Sequence[str]) -> RowFilter:
        """What is chosen, among the rows of a kind in some data sets (none: in all)."""
        tag, split = self.tag.currentData(), self.split.currentData()
        return RowFilter(
            kind=kind,
            dataset_ids=tuple(dataset_ids),
            text=self.search.text(),
            split=Split(split) if split else None,
            tags=(tag,) if tag else (),
            is_labelled=self.verdict.currentData() if kind == "pair" else None,
            origin=self.origin.currentData(),
            min_words=self.min_words.value() or None,
            max_words=self.max_words.value() or None,
        )

    def show_choices(self, kind: str, tags: Mapping[str, int], origins: Sequence[str]) -> None:
        """Offer these tags and origins, and what fits the kind; what was chosen stays chosen."""
        self.verdict.setVisible(kind == "pair")
        self.origin.setVisible(kind != "prompt")
        words = [(f"{tag} ({count:,})", tag) for tag, count in tags.items()]
        _refill(self.tag, self.tr("Any tag"), words)
        _refill(self.origin, self.tr("Any source"), [(name, name) for name in origins])

    def clear(self) -> None:
        """Let every row through."""
        for field in (self.search, self.min_words, self.max_words):
            field.blockSignals(True)
            field.setText("") if isinstance(field, QLineEdit) else field.setValue(0)
            field.blockSignals(False)
        for combo in (self.split, self.verdict, self.tag, self.origin):
            combo.setCurrentIndex(0)
        self._filters_changed()

    def _make_filters(self) -> QWidget:
        self.split = self._combo(self.tr("Use"), "data.filter.split")
        self.split.addItem(self.tr("Any use"), None)
        self.split.addItem(self.tr("May train"), Split.TRAIN.value)
        self.split.addItem(self.tr("Held out"), Split.HELD_OUT.value)
        self.verdict = self._combo(self.tr("Verdict"), "data.filter.verdict")
        self.verdict.addItem(self.tr("Any verdict"), None)
        self.verdict.addItem(self.tr("Decided"), True)
        self.verdict.addItem(self.tr("To be labelled"), False)
        self.tag = self._combo(self.tr("Tag"), "data.filter.tag")
        self.tag.addItem(self.tr("Any tag"), None)
        self.origin = self._combo(self.tr("Source"), "data.filter.origin")
        self.origin.addItem(self.tr("Any source"), None)
        self.min_words = self._words(self.tr("Fewest words"), self.tr("Fewest words"))
        self.min_words.setPrefix(self.tr("From "))
        self.max_words = self._words(self.tr("Most words"), self.tr("Most words"))
        self.max_words.setPrefix(self.tr("To "))
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACE_8)
        fields = (self.split, self.tag, self.min_words, self.verdict, self.origin, self.max_words)
        for number, field in enumerate(fields):
            grid.addWidget(field, *divmod(number, _COLUMNS))
        for column in range(_COLUMNS):
            grid.setColumnStretch(column, 1)
        return made

    def _combo(self, name: str, object_name: str) -> QComboBox:
        made = CalmComboBox()
        made.setObjectName(object_name)
        made.setAccessibleName(name)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(_COMBO_CHARACTERS)
        made.activated.connect(lambda _index: self._filters_changed())
        return made

    def _words(self, name: str, empty: str) -> WholeField:
        made = WholeField(name, 0, 0, _MOST_WORDS)
        made.setSpecialValueText(empty)
        made.setKeyboardTracking(False)
        made.setSuffix(self.tr(" words"))
        made.valueChanged.connect(lambda _value: self._filters_changed())
        return made

    def _filters_changed(self) -> None:
        combos = (self.split, self.verdict, self.tag, self.origin)
        used = sum(combo.currentIndex() > 0 for combo in combos if not combo.isHidden())
        used += sum(field.value() > 0 for field in (self.min_words, self.max_words))
        words = self.tr("Filters · {0}").format(used) if used else self.tr("Filters")
        self._toggle.setText(words)
        self.changed.emit()

    def _search_now(self) -> None:
        self._typing.stop()
        self.changed.emit()

    def _toggle_filters(self) -> None:
        self._filters.setVisible(self._filters.isHidden())


def _refill(combo: QComboBox, first: str, items: Sequence[tuple[str, str]]) -> None:
    chosen = combo.currentData()
    combo.clear()
    combo.addItem(first, None)
    for title, value in items:
        combo.addItem(title, value)
    combo.setCurrentIndex(max(0, combo.findData(chosen)))
