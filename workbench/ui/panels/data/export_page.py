"""Exporting: in which form, of which rows, into how many parts, and what came of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QWidget

from workbench.core.preferences import Strength
from workbench.exchange.export_data import (
    ExportCancelled,
    ExportOptions,
    ExportReport,
    export_data,
    writable_forms,
)
from workbench.formats.form import Form
from workbench.formats.records import Kind
from workbench.store.browse import KIND_OF_DATASET
from workbench.store.rows import Dataset
from workbench.ui.context import Session
from workbench.ui.file_dialogs import ask_where_to_save
from workbench.ui.panels.data.browser import Place
from workbench.ui.panels.data.number_field import WholeField
from workbench.ui.panels.data.progress_row import ProgressRow
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.tokens import SPACE_8, SPACE_12
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.flow import FlowLayout
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button, label
from workbench.ui.wording import count

_ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".csv", ".tsv", ".parquet")
_USUAL_FORMS = {
    "pair": "trl-preference", "example": "trl-prompt-completion", "unpaired": "trl-kto",
    "prompt": "prompts",
}  # fmt: skip
_MOST_NAMES = 8
_USUAL_SHARE = 10


@dataclass(frozen=True, slots=True)
class _Material:
    datasets: list[Dataset]
    annotators: list[str]


class ExportPage(ToolPage):
    """Nothing in the project changes."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.set_heading(self.tr("Export"), self.tr("Nothing in the project changes."))
        self._session = session
        self._stop = threading.Event()
        self._forms: dict[str, Form] = {form.name: form for form in writable_forms()}
        self._datasets: list[Dataset] = []
        self._names: list[QCheckBox] = []
        self._of_box: dict[QCheckBox, tuple[str, ...]] = {}  # some stand for several people
        self._wanted: tuple[str, ...] = ()
        self.form = self._combo(self.tr("Form"), "data.export.form")
        for form in sorted(self._forms.values(), key=_place_of_form):
            self.form.addItem(form.title, form.name)
        self.form.activated.connect(self._on_form)
        self._summary = label("", "small", wrap=True)
        self.dataset = self._combo(self.tr("Rows of"), "data.export.dataset")
        self.ending = self._combo(self.tr("Kind of file"), "data.export.ending")
        for ending in _ENDINGS:
            self.ending.addItem(ending, ending)
        self.strength = self._combo(self.tr("Least strength"), "data.export.strength")
        self.agreement = self._combo(self.tr("Least agreement"), "data.export.agreement")
        self._fill_filters()
        self._people_row = QWidget()
        self._people = FlowLayout(self._people_row, gap=SPACE_12)
        self._people_title = label(self.tr("Verdicts of"), "secondary")
        self.provenance = QCheckBox(self.tr("Say where answers and verdicts come from"))
        self.provenance.setChecked(True)
        self.split = QCheckBox(self.tr("Two files, split by prompt: train and held out"))
        self.split.setObjectName("data.export.split")
        self.share = WholeField(self.tr("Held-out share in percent"), _USUAL_SHARE, 1, 90)
        self.share.setSuffix(self.tr(" % held out"))
        self.share.setEnabled(False)
        self.split.toggled.connect(self.share.setEnabled)
        self._go = button(self.tr("Export…"), self.choose_place, kind="primary", icon="export")
        self._go.setObjectName("data.export.go")
        self.progress = ProgressRow(self.tr("Rows written"))
        self.progress.cancelled.connect(self._cancel)
        self.outcome = label("", "secondary", wrap=True)
        self.outcome.setObjectName("data.export.outcome")
        self.outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusProxy(self.form)
        self._lay_out()

    def offer(self, place: Place) -> None:
        """Ask what to write, beginning with the rows that were on screen."""
        self._wanted = place.dataset_ids
        usual = _USUAL_FORMS[place.kind]
        if self._form.kind is not self._forms[usual].kind:
            self.form.setCurrentIndex(self.form.findData(usual))
        self.outcome.setText("")
        project = self._session.project
        self._session.bridge.run(
            lambda: _Material(project.datasets.all(), project.annotators.all_who_judged()),
            self._show_material,
            self._session.show_error,
            owner=self,
        )

    def choose_place(self) -> None:
        """Ask for the file to write."""
        name = f"{self.form.currentData()}{self.ending.currentData()}"
        ask_where_to_save(self, self._session.settings, self.tr("Export"), name, self.export_to)

    def export_to(self, path: Path) -> None:
        """Write the file, or both."""
        if not path.suffix:
            path = path.with_name(path.name + self.ending.currentData())
        self._stop = threading.Event()
        tell = self._session.bridge.forward(self._tell, owner=self)
        self._go.setEnabled(False)
        self.outcome.setText("")
        self.progress.begin(self.tr("Writing…"))
        self._session.bridge.run(
            partial(
                export_data, self._session.project, path, self.options, on_progress=tell,
                cancelled=self._stop.is_set,
            ),
            self._on_done,
            self._on_error,
            owner=self,
        )  # fmt: skip

    @property
    def options(self) -> ExportOptions:
        """What is chosen."""
        strength, agreement = self.strength.currentData(), self.agreement.currentData()
        dataset_id = self.dataset.currentData()
        chosen = [self._of_box[box] for box in self._names if box.isChecked()]
        has_verdicts = self._form.kind is Kind.PREFERENCE
        everybody = len(chosen) == len(self._names)
        return ExportOptions(
            form=self._form.name,
            dataset_ids=(dataset_id,) if dataset_id else (),
            min_strength=Strength(strength) if strength and has_verdicts else None,
            min_agreement=agreement if has_verdicts else None,
            annotators=() if everybody or not has_verdicts else tuple(chain(*chosen)),
            provenance=self.provenance.isChecked(),
            held_out_fraction=self.share.value() / 100 if self.split.isChecked() else None,
        )

    def close_down(self) -> None:
        self._cancel()

    @property
    def _form(self) -> Form:
        return self._forms[self.form.currentData()]

    def _cancel(self) -> None:
        self._stop.set()

    def _show_material(self, material: _Material) -> None:
        self._datasets = material.datasets
        while (item := self._people.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._names, self._of_box = [], {}
        nobody = {"import": self.tr("the file itself"), "rule": self.tr("a rule")}
        for name in material.annotators[:_MOST_NAMES]:
            self._add_name(nobody.get(name, name), (name,))
        if others := tuple(material.annotators[_MOST_NAMES:]):
            self._add_name(count(len(others), self.tr("other"), self.tr("others")), others)
        self._on_form()

    def _add_name(self, title: str, names: tuple[str, ...]) -> None:
        box = QCheckBox(title)
        box.setChecked(True)
        box.toggled.connect(self._on_name)
        self._people.addWidget(box)
        # Where it stands, not when it was made.
        self.setTabOrder(self._names[-1] if self._names else self.agreement, box)
        self._names.append(box)
        self._of_box[box] = names

    def _on_name(self) -> None:
        """Verdicts of nobody are nothing to export, nor is there a second export beside one."""
        has_verdicts = self._form.kind is Kind.PREFERENCE and bool(self._names)
        has_any = not has_verdicts or any(box.isChecked() for box in self._names)
        self._go.setEnabled(has_any and self.progress.isHidden())

    def _on_form(self) -> None:
        self._on_name()
        form = self._form
        self._summary.setText(form.summary)
        self.dataset.clear()
        self.dataset.addItem(self.tr("All data sets"), None)
        for dataset in self._datasets:
            if dataset.kind == form.kind.value and dataset.kind in KIND_OF_DATASET:
                self.dataset.addItem(dataset.name, dataset.id)
        wanted = self._wanted[0] if len(self._wanted) == 1 else None
        self.dataset.setCurrentIndex(max(0, self.dataset.findData(wanted)))
        has_verdicts = form.kind is Kind.PREFERENCE
        for widget in (self.strength, self.agreement, *self._names):
            widget.setVisible(has_verdicts)
        self._people_title.setVisible(has_verdicts and bool(self._names))
        self._filter_titles.setVisible(has_verdicts)

    def _fill_filters(self) -> None:
        for title, strength in (
            (self.tr("any strength"), None),
            (self.tr("clearly better, or more"), Strength.CLEARLY.value),
            (self.tr("much better"), Strength.MUCH.value),
        ):
            self.strength.addItem(title, strength)
        self.agreement.addItem(self.tr("any agreement"), None)
        for share in (0.6, 0.75, 0.9, 1.0):
            title = self.tr("{0:.0%} agree, or more") if share < 1 else self.tr("all agree")
            self.agreement.addItem(title.format(share), share)

    def _tell(self, rows: int) -> None:
        if not self.progress.isHidden() and not self._stop.is_set():
            words = count(rows, self.tr("row"), self.tr("rows"))
            self.progress.tell(self.tr("{0} written").format(words), None)

    def _on_done(self, report: ExportReport) -> None:
        self._end()
        rows = count(report.rows, self.tr("row"), self.tr("rows"))
        lines = [self.tr("{0} written to {1}.").format(rows, report.files[0])]
        if len(report.files) > 1:
            apart = count(report.held_out_rows, self.tr("row"), self.tr("rows"))
            lines.append(self.tr("{0} held out in {1}.").format(apart, report.files[1]))
        lines += [
            self.tr("{0:,} left out: {1}.").format(number, reason)
            for reason, number in report.left_out.items()
        ]
        if report.told_rows < report.rows + report.held_out_rows:
            pairs = count(report.told_rows, self.tr("pair"), self.tr("pairs"))
            lines.append(self.tr("They tell {0}, each as two rows: one an answer.").format(pairs))
        whole = count(report.read_rows, self.tr("row"), self.tr("rows"))
        lines.append(self.tr("That accounts for all of {0} here.").format(whole))
        self.outcome.setText("\n".join(lines))
        self._session.window.show_notice(lines[0])

    def _on_error(self, error: BaseException) -> None:
        self._end()
        if isinstance(error, ExportCancelled):
            self.outcome.setText(self.tr("Stopped: no file was written or changed."))
        else:
            self._session.show_error(error)

    def _end(self) -> None:
        self.progress.end()
        self._on_name()
        if self.isVisible():
            self._go.setFocus()

    def _combo(self, name: str, object_name: str) -> CalmComboBox:
        made = CalmComboBox()
        made.setAccessibleName(name)
        made.setObjectName(object_name)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(24)
        return made

    def _lay_out(self) -> None:
        what = Card(self.tr("What"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_12)
        grid.setVerticalSpacing(SPACE_8)
        rows: tuple[tuple[str, QWidget], ...] = (
            (self.tr("Form"), self.form),
            (self.tr("Rows of"), self.dataset),
            (self.tr("Kind of file"), self.ending),
        )
        for number, (title, widget) in enumerate(rows):
            grid.addWidget(label(title, "secondary"), number, 0)
            grid.addWidget(widget, number, 1)
        grid.addWidget(self._summary, 0, 2)
        grid.setColumnStretch(2, 1)
        what.body.addLayout(grid)
        which = Card(self.tr("Which"))
        filters = QHBoxLayout()
        filters.setSpacing(SPACE_8)
        self._filter_titles = label(self.tr("Pairs with"), "secondary")
        for widget in (self._filter_titles, self.strength, self.agreement):
            filters.addWidget(widget)
        filters.addStretch(1)
        people = QHBoxLayout()
        people.setSpacing(SPACE_12)
        people.addWidget(self._people_title)
        people.addWidget(self._people_row, 1)
        parts = QHBoxLayout()
        parts.setSpacing(SPACE_12)
        parts.addWidget(self.split)
        parts.addWidget(self.share)
        parts.addStretch(1)
        which.body.addLayout(filters)
        which.body.addLayout(people)
        which.body.addLayout(parts)
        which.body.addWidget(self.provenance)
        bottom = QHBoxLayout()
        bottom.addWidget(self._go)
        bottom.addStretch(1)
        self.body.addWidget(what)
        self.body.addWidget(which)
        self.body.addLayout(bottom)
        self.body.addWidget(self.progress)
        self.body.addWidget(self.outcome)
        self.body.addStretch(1)


def _place_of_form(form: Form) -> tuple[int, str]:
    """The usual ones first, in the order of the kinds of rows."""
    usual = list(_USUAL_FORMS.values())
    return (usual.index(form.name) if form.name in usual else len(usual), form.title)
