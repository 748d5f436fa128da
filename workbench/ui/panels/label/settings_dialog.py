"""How this project is labelled: the order, the random part, overlap, tests, aspects, reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import KnownError
from workbench.core.labelling import LEAST_RANDOM_SHARE, LabelSettings, PickedBy
from workbench.store.scores import ScoreSource
from workbench.ui.tokens import SPACE_8, SPACE_12, SPACE_16
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button, label

_WIDTH = 560


class LabelSettingsDialog(QDialog):
    """`settings` holds what was chosen once the dialog was accepted."""

    def __init__(
        self,
        settings: LabelSettings,
        sources: Sequence[ScoreSource],
        by_reason: Mapping[str, int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("How pairs are picked"))
        self.setObjectName("label.settings")
        self.setFixedWidth(_WIDTH)
        self.settings = settings
        self._order = self._choice(
            self.tr("Order"), [(self.tr("At random"), False), (self.tr("As they came"), True)]
        )
        self._order.setCurrentIndex(int(settings.in_order))
        self._source = self._choice(
            self.tr("Most unsure by"),
            [(self.tr("Nothing: every pair by the order above"), "")]
            + [(self._source_title(source), source.name) for source in sources],
        )
        self._source.setCurrentIndex(max(self._source.findData(settings.score_source), 0))
        self._random = self._number(
            self.tr("Random part"), round(100 * LEAST_RANDOM_SHARE), 100,
            round(100 * settings.random_share), " %",
        )  # fmt: skip
        self._overlap = self._number(self.tr("People per pair"), 0, 99, settings.overlap)
        self._overlap.setSpecialValueText(self.tr("everybody"))
        self._reserve = self._number(
            self.tr("Kept in hand for"), 1, 1440, settings.reserve_minutes, self.tr(" minutes")
        )
        self._gold = self._number(self.tr("A gold item every"), 0, 999, settings.gold_every)
        self._repeat = self._number(self.tr("A repeat every"), 0, 999, settings.repeat_every)
        for field in (self._gold, self._repeat):
            field.setSuffix(self.tr(" pairs"))
            field.setSpecialValueText(self.tr("never"))
        self._aspects = self._line(self.tr("Aspects"), settings.aspects)
        self._tags = self._line(self.tr("Reasons"), settings.tags)
        self.problem = label("", "bad", wrap=True)
        self._lay_out(has_scores=bool(sources), by_reason=by_reason)

    def accept(self) -> None:
        """Take over what was chosen, or say what can't be."""
        try:
            self.settings = LabelSettings(
                in_order=bool(self._order.currentData()),
                random_share=self._random.value() / 100,
                score_source=str(self._source.currentData()),
                overlap=self._overlap.value(),
                reserve_minutes=self._reserve.value(),
                gold_every=self._gold.value(),
                repeat_every=self._repeat.value(),
                aspects=_names(self._aspects.text()),
                tags=_names(self._tags.text()),
            )
        except KnownError as error:
            self.problem.setText(str(error))
            return
        super().accept()

    def _source_title(self, source: ScoreSource) -> str:
        return self.tr("{name} ({count:,} pairs)").format(name=source.name, count=source.pair_count)

    def _lay_out(self, *, has_scores: bool, by_reason: Mapping[str, int]) -> None:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setHorizontalSpacing(SPACE_16)
        form.setVerticalSpacing(SPACE_8)
        for field in (
            self._order, self._source, self._random, self._overlap, self._reserve, self._gold,
            self._repeat, self._aspects, self._tags,
        ):  # fmt: skip
            form.addRow(label(field.accessibleName()), field)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_16, SPACE_16, SPACE_16, SPACE_16)
        column.setSpacing(SPACE_12)
        if not has_scores:
            said = self.tr(
                "No model has scored pairs of this project yet, so they come by the order alone."
                " “Score with a model” is in the queue's menu."
            )
            column.addWidget(label(said, "secondary", wrap=True))
        column.addLayout(form)
        column.addWidget(label(self._report(by_reason), "secondary", wrap=True))
        column.addWidget(self.problem)
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addStretch(1)
        row.addWidget(button(self.tr("Cancel"), self.reject))
        use = button(self.tr("Use these settings"), self.accept, kind="primary")
        use.setDefault(True)  # so that Enter in a field uses them
        row.addWidget(use)
        column.addLayout(row)

    def _report(self, by_reason: Mapping[str, int]) -> str:
        """Of whose picking the verdicts so far are."""
        titles = {
            PickedBy.RANDOM: self.tr("{count:,} at random"),
            PickedBy.IN_ORDER: self.tr("{count:,} in order"),
            PickedBy.UNSURE: self.tr("{count:,} most unsure"),
            PickedBy.GOLD: self.tr("{count:,} gold items"),
            PickedBy.ASKED: self.tr("{count:,} asked for"),
            PickedBy.ADJUDICATION: self.tr("{count:,} settled"),
            PickedBy.FLAGGED: self.tr("{count:,} flagged"),
        }
        parts = [
            shown.format(count=by_reason[reason.value])
            for reason, shown in titles.items()
            if by_reason.get(reason.value)
        ]
        if not parts:
            return self.tr("Each verdict keeps why its pair was shown.")
        return self.tr("Your verdicts: {parts}.").format(parts=", ".join(parts))

    def _choice(self, name: str, items: Sequence[tuple[str, object]]) -> QComboBox:
        made = CalmComboBox()
        made.setSizeAdjustPolicy(
            CalmComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        made.setAccessibleName(name)
        for text, value in items:
            made.addItem(text, value)
        return made

    def _number(self, name: str, low: int, high: int, value: int, suffix: str = "") -> QSpinBox:
        made = QSpinBox()
        made.setAccessibleName(name)
        made.setRange(low, high)
        made.setValue(value)
        made.setSuffix(suffix)
        return made

    def _line(self, name: str, values: Sequence[str]) -> QLineEdit:
        made = QLineEdit(", ".join(values))
        made.setAccessibleName(name)
        made.setCursorPosition(0)  # a long list is read from its beginning
        made.setToolTip(self.tr("With commas between them"))
        return made


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
