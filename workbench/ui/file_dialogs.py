"""Asking for a file or a folder. Each dialog begins in the folder that was chosen from last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.ui.settings import Settings

OnChosen = Callable[[Path], object]


def ask_for_file(
    parent: QWidget, settings: Settings, title: str, on_chosen: OnChosen,
    filters: Sequence[str] = (),
) -> QFileDialog:  # fmt: skip
    """Show a dialog for a file that exists; `on_chosen` follows when one was chosen."""
    dialog = _dialog(parent, settings, title, on_chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    if filters:
        dialog.setNameFilters(list(filters))
    dialog.open()
    return dialog


def ask_for_folder(
    parent: QWidget, settings: Settings, title: str, on_chosen: OnChosen,
    start: Path | None = None,
) -> QFileDialog:  # fmt: skip
    """Show a dialog for a folder, beginning in `start` where one is given."""
    dialog = _dialog(parent, settings, title, on_chosen, start)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.open()
    return dialog


def ask_where_to_save(
    parent: QWidget, settings: Settings, title: str, suggested: str, on_chosen: OnChosen,
    filters: Sequence[str] = (),
) -> QFileDialog:  # fmt: skip
    """Show a dialog for a file to write, which offers a name and asks before it replaces one."""
    dialog = _dialog(parent, settings, title, on_chosen)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    if filters:
        dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(Path(suggested).suffix)
    dialog.selectFile(suggested)
    dialog.open()
    return dialog


def _dialog(
    parent: QWidget, settings: Settings, title: str, on_chosen: OnChosen, start: Path | None = None
) -> QFileDialog:
    begin = start or Path(settings.last_folder or Path.home())
    if not begin.is_dir():
        begin = Path.home()
    dialog = QFileDialog(parent, title, str(begin))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def accept(name: str) -> None:
        if start is None and Path(name).parent != begin:
            settings.last_folder = str(Path(name).parent)
            settings.save()
        on_chosen(Path(name))

    dialog.fileSelected.connect(accept)
    return dialog
