"""What is seen over the panel while something is dragged across it that it would take."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.ui.tokens import SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import IconView, label

_MARK_SIZE = 32


class DropHint(QWidget):
    """Lies over all of its parent; the drag goes on below it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self.setObjectName("data.drop_hint")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        card = Card(tone="floating")
        middle = Qt.AlignmentFlag.AlignHCenter
        card.body.addStretch(1)
        card.body.addWidget(IconView("import", "accent", _MARK_SIZE), 0, middle)
        card.body.addWidget(label(self.tr("Drop it to import it"), "card_title"), 0, middle)
        words = self.tr("You look at the rows before any comes in. The file itself stays.")
        card.body.addWidget(label(words, "secondary"), 0, middle)
        card.body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_12, SPACE_12, SPACE_12, SPACE_12)
        layout.addWidget(card)
        self.hide()

    def cover(self) -> None:
        """Show it, as large as the parent is now."""
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()
