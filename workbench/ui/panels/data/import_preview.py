"""What a source would become: form, columns and their roles, its first rows, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core.preferences import Choice
from workbench.exchange.probe import PreviewRow, Probe
from workbench.formats.catalogue import FORMS
from workbench.formats.records import Kind
from workbench.formats.roles import Role, role_title
from workbench.ui.tokens import CONTROL_HEIGHT, SPACE_8, SPACE_16
from workbench.ui.widgets.card import Card
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.texts import button, label

_SHOWN_PROBLEMS = 3
_TABLE_HEIGHT = 160
_COLUMNS_OF_ROLES = 2

Index = QModelIndex | QPersistentModelIndex


class ImportPreview(QWidget):
    """`corrected` carries the name of a form (None: the likeliest) and a mapping (None: guess)."""

    corrected = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._probe: Probe | None = None
        self._roles: dict[Role, QComboBox] = {}
        self.form = CalmComboBox()
        self.form.setObjectName("data.import.form")
        self.form.setAccessibleName(self.tr("Read as"))
        self.form.activated.connect(self._on_form)
        self._summary = label("", "small", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(SPACE_8)
        self._grid.setVerticalSpacing(SPACE_8)
        self._shows_all = False
        self._more = button(self.tr("Other columns…"), self._show_all, kind="link")
        self._more.setObjectName("data.import.more_columns")
        self._missing = label("", "bad", wrap=True)
        self._missing.setObjectName("data.import.missing")
        self._problems = label("", "caution", wrap=True)
        self._problems.setObjectName("data.import.problems")
        self.rows = PreviewRows(self)
        self._table = self._make_table()
        self._lay_out()

    @property
    def mapping(self) -> dict[Role, str]:
        """Which column has which role, as chosen now."""
        return {
            role: combo.currentData() for role, combo in self._roles.items() if combo.currentData()
        }

    def show_probe(self, found: Probe) -> None:
        """Show what was found."""
        self._probe = found
        self.form.clear()
        likely = (found.form, *found.other_forms)
        for form in likely:
            self.form.addItem(form.title, form.name)
        others = [form for form in FORMS if form.name not in {each.name for each in likely}]
        if others:
            self.form.insertSeparator(self.form.count())
        for form in others:
            self.form.addItem(form.title, form.name)
        self.form.setCurrentIndex(0)
        self._summary.setText(found.form.summary)
        self._show_roles(found)
        missing = ", ".join(role_title(role) for role in found.missing)
        self._missing.setText(self.tr("Choose the column for: {0}.").format(missing))
        self._missing.setVisible(bool(found.missing))
        self._show_problems(found)
        self.rows.show_rows(found.form.kind, found.preview)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)

    def _show_roles(self, found: Probe) -> None:
        for combo in self._roles.values():
            combo.hide()
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._roles = {}
        samples = {column.name: column.sample for column in found.columns}
        columns = found.form.columns
        usual = [
            each
            for each in columns
            if each.needed or each.role in found.mapping or each.role is Role.PROMPT
        ]
        self._more.setVisible(len(usual) < len(columns) and not self._shows_all)
        for number, column in enumerate(columns if self._shows_all else usual):
            combo = CalmComboBox()
            combo.setObjectName(f"data.import.role.{column.role.value}")
            combo.setAccessibleName(role_title(column.role))
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.addItem(self.tr("not in this file"), None)
            for name, sample in samples.items():
                combo.addItem(name, name)
                combo.setItemData(combo.count() - 1, sample, Qt.ItemDataRole.ToolTipRole)
            chosen = found.mapping.get(column.role)
            combo.setCurrentIndex(max(0, combo.findData(chosen)))
            combo.setToolTip(samples.get(chosen or "", ""))
            combo.setProperty("invalid", column.role in found.missing)
            combo.activated.connect(self._on_role)
            row, place = divmod(number, _COLUMNS_OF_ROLES)
            title = role_title(column.role) + (" *" if column.needed else "")
            self._grid.addWidget(label(title, "secondary"), row, 2 * place)
            self._grid.addWidget(combo, row, 2 * place + 1)
            self._grid.setColumnStretch(2 * place + 1, 1)
            self._roles[column.role] = combo

    def _show_all(self) -> None:
        self._shows_all = True
        if self._probe is not None:
            self._show_roles(self._probe)

    def _show_problems(self, found: Probe) -> None:
        shown = [str(problem) for problem in found.problems[:_SHOWN_PROBLEMS]]
        more = len(found.problems) - len(shown)
        if more > 0:
            shown.append(self.tr("and {0} more of the first rows").format(more))
        self._problems.setText("\n".join(shown))
        self._problems.setVisible(bool(shown))

    def _on_form(self) -> None:
        name = self.form.currentData()
        if name is not None:
            self.corrected.emit(name, None)

    def _on_role(self) -> None:
        if self._probe is not None:
            self.corrected.emit(self._probe.form.name, self.mapping)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("data.import.preview")
        table.setAccessibleName(self.tr("First rows"))
        table.setModel(self.rows)
        table.setMinimumHeight(_TABLE_HEIGHT)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(CONTROL_HEIGHT)
        table.horizontalHeader().setSectionsClickable(False)
        table.horizontalHeader().setHighlightSections(False)
        return table

    def _lay_out(self) -> None:
        form = QHBoxLayout()
        form.setSpacing(SPACE_8)
        form.addWidget(label(self.tr("Read as"), "secondary"))
        form.addWidget(self.form)
        form.addWidget(self._summary, 1)
        form.addWidget(self._more)
        columns = Card(self.tr("Columns"), self.tr("guessed; correct what is wrong"))
        columns.body.addLayout(form)
        columns.body.addLayout(self._grid)
        columns.body.addWidget(self._missing)
        first = Card(self.tr("First rows"), self.tr("as they would come in"))
        first.body.addWidget(self._problems)
        first.body.addWidget(self._table, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_16)
        layout.addWidget(columns)
        layout.addWidget(first, 1)


class PreviewRows(QAbstractTableModel):
    """The first rows, in the columns of what they become."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._kind = Kind.PREFERENCE
        self._rows: Sequence[PreviewRow] = ()

    def show_rows(self, kind: Kind, rows: Sequence[PreviewRow]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self._kind, self._rows = kind, rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._heads())

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        return " ".join(self._cells(self._rows[index.row()])[index.column()].split())

    def _heads(self) -> list[str]:
        line, prompt = self.tr("Line"), self.tr("Prompt")
        heads = {
            Kind.PREFERENCE: [
                self.tr("First answer"),
                self.tr("Second answer"),
                self.tr("Verdict"),
            ],
            Kind.SUPERVISED: [self.tr("Answer to imitate")],
            Kind.UNPAIRED: [self.tr("Answer"), self.tr("Rating")],
            Kind.PROMPTS: [self.tr("Right answer")],
        }
        return [line, prompt, *heads[self._kind]]

    def _cells(self, row: PreviewRow) -> list[str]:
        verdicts = {
            None: self.tr("to be labelled"),
            Choice.FIRST: self.tr("first is better"),
            Choice.SECOND: self.tr("second is better"),
            Choice.TIE: self.tr("tie"),
            Choice.BOTH_BAD: self.tr("both bad"),
            Choice.SKIP: self.tr("skipped"),
        }
        cells = {
            Kind.PREFERENCE: [row.first, row.second, verdicts[row.choice]],
            Kind.SUPERVISED: [row.first],
            Kind.UNPAIRED: [row.first, self.tr("good") if row.desirable else self.tr("bad")],
            Kind.PROMPTS: [row.answer],
        }
        return [f"{row.line:,}", row.prompt, *cells[self._kind]]
