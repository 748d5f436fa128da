"""Importing: a source, a look at what it would become, what is to be decided, and how it goes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.core.changes import Changes
from workbench.core.errors import KnownError
from workbench.exchange.import_data import (
    AlreadyImportedError,
    ImportCancelled,
    ImportOptions,
    ImportProgress,
    ImportReport,
    Stage,
)
from workbench.exchange.probe import Probe, probe
from workbench.exchange.sources import HubDataset, Source, source_name
from workbench.formats.roles import Role
from workbench.modelfiles.hub import DownloadProgress, DownloadStoppedError
from workbench.store.rows import Dataset
from workbench.ui import import_operations
from workbench.ui.context import Session
from workbench.ui.panels.data.import_choices import ImportChoices
from workbench.ui.panels.data.import_preview import ImportPreview
from workbench.ui.panels.data.import_report import ImportReportCard
from workbench.ui.panels.data.import_sources import ImportSources
from workbench.ui.panels.data.progress_row import ProgressRow
from workbench.ui.panels.data.tool_page import ToolPage
from workbench.ui.tokens import SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.texts import button, label, plain_area
from workbench.ui.wording import count, size_so_far


class ImportPage(ToolPage):
    """`imported` follows a finished import, with the data set's id."""

    imported = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._source: Source | None = None
        self._probe: Probe | None = None
        self._form: str | None = None
        self._mapping: Mapping[Role, str] | None = None
        self._again = False
        self._stop = threading.Event()
        self.sources = ImportSources(session.settings)
        self.sources.chosen.connect(self.offer)
        self.sources.refused.connect(session.show_error)
        self.preview = ImportPreview()
        self.preview.corrected.connect(self._correct)
        self.choices = ImportChoices()
        self.report = ImportReportCard(session)
        self.report.done.connect(self.closed)
        self.progress = ProgressRow(self.tr("Rows imported"))
        self.progress.cancelled.connect(self._give_up)
        self._known_dataset = ""
        self._closes_when_stopped = False
        self._is_importing = False
        self._problem_words = label("", wrap=True)
        self._problem_words.setObjectName("data.import.problem")
        self._show_dataset = button(self.tr("Show what is there"), self._show_known, kind="quiet")
        self._even_again = button(self.tr("Import it again"), self._import_again, kind="quiet")
        self._even_again.setObjectName("data.import.again")
        self._problem = self._make_problem()
        self._go = button(self.tr("Import"), self.start, kind="primary", icon="import")
        self._go.setObjectName("data.import.go")
        self._another = button(self.tr("Choose something else"), self.ask, kind="quiet")
        self._another.setObjectName("data.import.another")
        self._lay_out()
        self.ask()

    @property
    def message(self) -> str:
        """What is said to be wrong, or how far it is; empty without either."""
        if not self._problem.isHidden():
            return self._problem_words.text()
        return "" if self.progress.isHidden() else self.progress.text

    @property
    def is_busy(self) -> bool:
        return not self.progress.isHidden()

    def ask(self) -> None:
        """Ask for a source; an import that is under way goes on."""
        if self.is_busy:
            return
        self.set_heading(self.tr("Import"), self.tr("The file itself is only read."))
        self._show_parts(self.sources)
        self.sources.setFocus()

    def offer(self, source: Source) -> None:
        """Look at a source, in place of another, and show what it would become."""
        if self._is_importing:
            words = self.tr("One import at a time: choose “{0}” again when this one is done.")
            self._session.window.show_notice(words.format(source_name(source)))
            return
        self._stop.set()
        self._closes_when_stopped = False
        self._source, self._probe = source, None
        self._form, self._mapping, self._again = None, None, False
        self.set_heading(self.tr("Import"), source_name(source))
        self._look()

    def start(self) -> None:
        """Import what was looked at."""
        if self._probe is None or self._source is None or self.is_busy:
            return
        self._is_importing = True
        self._stop = threading.Event()
        options = self.choices.options(
            ImportOptions(
                form=self._probe.form.name,
                mapping=self.preview.mapping,
                even_again=self._again,
                annotator=self._session.settings.annotator,
            )
        )
        tell = self._session.bridge.forward(self._tell, owner=self)
        self._show_parts(self.progress)
        self.progress.begin(self.tr("Reading…"))
        self._session.bridge.run(
            partial(
                import_operations.import_rows, self._session.project, self._source, options, tell,
                self._stop.is_set,
            ),
            self._on_imported,
            self._on_error,
            owner=self,
        )  # fmt: skip

    def close_page(self) -> None:
        if not self.is_busy:
            super().close_page()
            return
        self._give_up()  # the rows are shown once nothing of it is left
        self._closes_when_stopped = True

    def close_down(self) -> None:
        self._cancel()

    def _look(self) -> None:
        source = self._source
        if source is None:
            return
        self._stop = threading.Event()
        is_first = self._probe is None
        if is_first:
            self._show_parts(self.progress)
            is_hub = isinstance(source, HubDataset)
            self.progress.begin(self.tr("Fetching…") if is_hub else self.tr("Reading…"))
        else:
            self._show_parts(self.preview, self.choices, self._bottom)  # no word of what was before
        self._go.setEnabled(False)  # until it is known what would come of it now
        tell = self._session.bridge.forward(partial(self._tell_download, self._stop), owner=self)
        look = partial(
            probe, source, form=self._form, mapping=self._mapping, on_download=tell,
            cancelled=self._stop.is_set,
        )  # fmt: skip
        self._session.bridge.run(
            look,
            partial(self._show_probe, self._stop),
            partial(self._look_failed, self._stop),
            owner=self,
        )

    def _correct(self, form: str, mapping: Mapping[Role, str] | None) -> None:
        self._form, self._mapping = form, mapping
        self._look()

    def _cancel(self) -> None:
        self._stop.set()

    def _give_up(self) -> None:
        self._cancel()
        if self._is_importing:
            self.progress.tell(self.tr("Stopping, and taking out what had come in…"), None)

    def _show_probe(self, stop: threading.Event, found: Probe) -> None:
        if stop is not self._stop:
            return
        if stop.is_set():
            self._on_stopped()
            return
        is_new = self._probe is None
        self._probe = found
        self.progress.end()
        self.preview.show_probe(found)
        self.choices.show_probe(found, is_new=is_new)
        self._go.setEnabled(not found.missing and bool(found.preview))
        if found.row_estimate is None:
            self._go.setText(self.tr("Import"))
        else:
            fitting = found.row_estimate - len(found.problems)  # as far as was looked
            rows = count(fitting, self.tr("row"), self.tr("rows"))
            about = self.tr("Import about {0}") if found.row_estimate > 10_000 else None
            self._go.setText((about or self.tr("Import {0}")).format(rows))
        self._show_parts(self.preview, self.choices, self._bottom)
        if is_new:
            self._go.setFocus()

    def _tell(self, progress: ImportProgress) -> None:
        stages = {
            Stage.FETCHING: self.tr("Fetching"),
            Stage.READING: self.tr("Reading"),
            Stage.STORING: self.tr("Storing"),
        }
        rows = count(progress.rows, self.tr("row"), self.tr("rows"))
        words = f"{stages[progress.stage]} · {rows}"
        if progress.problem_count:
            words += self.tr(" · {0:,} can't be read").format(progress.problem_count)
        if self.is_busy and not self._stop.is_set():
            self.progress.tell(words, progress.share, progress.remaining_s)

    def _tell_download(self, stop: threading.Event, progress: DownloadProgress) -> None:
        if not self.is_busy or stop is not self._stop or stop.is_set():
            return
        done, total = progress.done_bytes, progress.total_bytes
        said, share = self.tr("Fetching…"), None
        if total:
            said, share = self.tr("Fetching · {0}").format(size_so_far(done, total)), done / total
        self.progress.tell(said, share)

    def _on_imported(self, outcome: tuple[Changes, ImportReport]) -> None:
        changes, report = outcome
        self._is_importing = False
        self.progress.end()
        self._closes_when_stopped = False
        self.imported.emit(report.dataset.id)
        self._session.apply(changes)
        rows = count(report.dataset.row_count, self.tr("row"), self.tr("rows"))
        if report.problem_count:
            self.report.show_report(report)
            self._show_parts(self.report)
            self.report.setFocus()
            return
        said = self.tr("{0} imported as “{1}”.").format(rows, report.dataset.name)
        action, panel = self._next_step(report.dataset)
        go = partial(self._session.navigate, panel)
        self._session.window.show_notice(said, action=action, on_action=go if action else None)
        self.closed.emit()

    def _look_failed(self, stop: threading.Event, error: BaseException) -> None:
        if stop is self._stop:
            self._on_error(error)

    def _on_error(self, error: BaseException) -> None:
        was_importing, self._is_importing = self._is_importing, False
        self.progress.end()
        if isinstance(error, ImportCancelled | DownloadStoppedError) or self._stop.is_set():
            self._on_stopped()
            if was_importing:
                self._session.window.show_notice(self.tr("Cancelled: nothing was imported."))
        elif isinstance(error, KnownError):
            self._problem_words.setText(str(error))
            self._even_again.setVisible(isinstance(error, AlreadyImportedError))
            if isinstance(error, AlreadyImportedError):
                self._known_dataset = error.dataset.id
            self._show_dataset.setVisible(isinstance(error, AlreadyImportedError))
            looked_at = (self.preview, self.choices, self._bottom) if self._probe else ()
            self._show_parts(self._problem, *looked_at)
            is_known = isinstance(error, AlreadyImportedError)
            (self._show_dataset if is_known else self._problem).setFocus()
        else:
            self.ask()
            self._session.show_error(error)

    def _on_stopped(self) -> None:
        self.progress.end()
        if self._closes_when_stopped:
            self._closes_when_stopped = False
            self.closed.emit()
        elif self._probe is not None:
            self._show_parts(self.preview, self.choices, self._bottom)
            self._go.setFocus()
        else:
            self.ask()

    def _import_again(self) -> None:
        self._again = True
        self.start()

    def _show_known(self) -> None:
        self.imported.emit(self._known_dataset)
        self.closed.emit()

    def _next_step(self, dataset: Dataset) -> tuple[str, str]:
        """What to do with what came in, and in which panel; empty where that is not plain."""
        if self.choices.held_out.isChecked() or dataset.kind == "prompts":
            return "", ""
        if dataset.kind == "preference" and not self.choices.keeps_verdicts:
            return self.tr("Label them"), "label"
        return self.tr("Train on them"), "train"

    def _show_parts(self, *shown: QWidget) -> None:
        for part in self._parts:
            part.setVisible(part in shown)

    def _make_problem(self) -> Card:
        made = Card()
        made.set_tone("bad")
        other = button(self.tr("Choose something else"), self.ask, kind="quiet")
        made.setFocusProxy(other)
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        for widget in (self._show_dataset, self._even_again, other):
            row.addWidget(widget)
        row.addStretch(1)
        made.body.addWidget(self._problem_words)
        made.body.addLayout(row)
        return made

    def _lay_out(self) -> None:
        self._bottom = plain_area(QWidget())
        row = QHBoxLayout(self._bottom)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_8)
        row.addWidget(self._go)
        row.addWidget(self._another)
        row.addStretch(1)
        inside = plain_area(QWidget())
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_16)
        self._parts = (
            self._problem, self.sources, self.progress, self.report, self.preview, self.choices,
            self._bottom,
        )  # fmt: skip
        below = (self.choices, self._bottom)
        for part in self._parts:
            if part not in below:
                column.addWidget(part, 1 if part in (self.preview, self.report) else 0)
        column.addStretch(0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        self.body.addWidget(scroll, 1)
        for part in below:  # always in sight
            self.body.addWidget(part)
