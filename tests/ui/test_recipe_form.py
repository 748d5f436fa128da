from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
)
from pytestqt.qtbot import QtBot

from workbench.core.fields import Recipe, is_relevant, setting
from workbench.core.recipes import METHODS, AdapterConfig, DpoConfig
from workbench.core.rewards import REWARDS, JsonReward
from workbench.ui.widgets.recipe_form import RecipeForm
from workbench.ui.widgets.recipe_form_editors import CalmComboBox
from workbench.ui.widgets.recipe_form_fields import (
    FieldKind,
    fields_of,
    problems_of,
    shown,
)


@pytest.fixture
def form(qtbot: QtBot) -> RecipeForm:
    made = RecipeForm([DpoConfig, AdapterConfig], object_name="form")
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def line(form: RecipeForm, name: str) -> QLineEdit:
    found = form.findChild(QLineEdit, f"form.{name}")
    assert isinstance(found, QLineEdit)
    return found


def write(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)


def test_defaults_of_the_form_are_the_defaults_of_the_recipes(form: RecipeForm) -> None:
    assert form.result(DpoConfig) == DpoConfig()
    assert form.result(AdapterConfig) == AdapterConfig()
    assert not form.problems


_RECIPES = [
    *(info.config for info in METHODS.values()),
    *(info.config for info in REWARDS.values()),
    AdapterConfig,
]


@pytest.mark.parametrize("recipe", _RECIPES)
def test_every_setting_of_every_recipe_has_an_editor(recipe: type[BaseModel]) -> None:
    names = {spec.name for spec in fields_of(recipe)}
    assert names == set(recipe.model_fields) - {"method", "kind", "rewards"}
    assert all(spec.title and spec.help and spec.group for spec in fields_of(recipe))


@pytest.mark.parametrize(
    ("value", "text"),
    [(5e-5, "5e-5"), (2e-4, "2e-4"), (0.1, "0.1"), (1.0, "1"), (0.0, "0"), (1.25e-6, "1.25e-6"),
     (1000.0, "1000"), (16, "16")],
)  # fmt: skip
def test_numbers_are_shown_as_people_write_them(value: float, text: str) -> None:
    assert shown(value) == text
    assert float(text) == value


def test_typing_changes_the_result(form: RecipeForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.edited):
        write(qtbot, line(form, "learning_rate"), "1e-4")
    write(qtbot, line(form, "r"), "64")
    config, adapter = form.result(DpoConfig), form.result(AdapterConfig)
    assert config is not None
    assert adapter is not None
    assert (config.learning_rate, adapter.r) == (1e-4, 64)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("learning_rate", "0", "must be above 0"),
        ("learning_rate", "2", "must be at most 1"),
        ("learning_rate", "fast", "must be a number, such as 0.1 or 5e-5"),
        ("learning_rate", "nan", "must be a number, such as 0.1 or 5e-5"),
        ("learning_rate", "", "must not be empty"),
        ("max_length", "2.5", "must be a whole number"),
        ("max_length", "7", "must be at least 8"),
        ("max_length", "131073", "must be at most 131,072"),
        ("label_smoothing", "0.5", "must be below 0.5"),
        ("target_modules", "", "must not be empty"),
    ],
)
def test_a_bad_value_is_marked_at_its_field_with_the_reason(
    form: RecipeForm, qtbot: QtBot, name: str, text: str, reason: str
) -> None:
    write(qtbot, line(form, name), text)
    assert form.problems == {name: reason}
    assert form.cell(name).note == reason
    assert line(form, name).property("invalid") is True
    recipe = AdapterConfig if name == "target_modules" else DpoConfig
    assert form.result(recipe) is None


def test_the_help_comes_back_when_the_value_is_mended(form: RecipeForm, qtbot: QtBot) -> None:
    before = form.cell("beta").note
    write(qtbot, line(form, "beta"), "-1")
    assert form.cell("beta").note == "must be above 0"
    write(qtbot, line(form, "beta"), "0.5")
    assert form.cell("beta").note == before
    assert line(form, "beta").property("invalid") is False
    assert not form.problems


def test_advanced_settings_are_folded_until_asked_for(form: RecipeForm, qtbot: QtBot) -> None:
    fold = form.findChild(QPushButton, "form.advanced")
    assert fold is not None
    values = {**DpoConfig().model_dump(), **AdapterConfig().model_dump()}
    advanced = [
        spec
        for recipe in (DpoConfig, AdapterConfig)
        for spec in fields_of(recipe)
        if spec.advanced and is_relevant(spec.info, values)
    ]
    assert fold.text() == f"Advanced ({len(advanced)})"
    assert not line(form, "weight_decay").isVisible()
    qtbot.keyClick(fold, Qt.Key.Key_Space)
    assert line(form, "weight_decay").isVisible()


def test_what_is_unfolded_below_the_visible_part_comes_into_view(qtbot: QtBot) -> None:
    form = RecipeForm([DpoConfig, AdapterConfig], object_name="form")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(form)
    qtbot.addWidget(area)
    area.resize(900, 220)
    area.show()
    fold = form.findChild(QPushButton, "form.advanced")
    assert fold is not None
    area.ensureWidgetVisible(fold)
    qtbot.keyClick(fold, Qt.Key.Key_Space)

    def is_at_the_top() -> bool:  # what follows fills the rest of the view
        return 0 <= fold.mapTo(area.viewport(), QPoint(0, 0)).y() <= area.viewport().height() // 2

    qtbot.waitUntil(is_at_the_top)


def test_focus_unfolds_the_advanced_settings(form: RecipeForm) -> None:
    form.focus("weight_decay")
    assert line(form, "weight_decay").isVisible()


def test_choices_and_switches(form: RecipeForm, qtbot: QtBot) -> None:
    loss = form.findChild(QComboBox, "form.loss_type")
    stop = form.findChild(QCheckBox, "form.stop_on_drift")
    assert loss is not None
    assert stop is not None
    loss.setFocus()
    with qtbot.waitSignal(form.edited):
        qtbot.keyClick(loss, Qt.Key.Key_Down)
    with qtbot.waitSignal(form.edited):
        qtbot.keyClick(stop, Qt.Key.Key_Space)
    config = form.result(DpoConfig)
    assert config is not None
    assert config.loss_type == "ipo"
    assert config.stop_on_drift is False
    assert stop.text() == "Off"


class Dependent(Recipe):
    kind: Literal["a", "b"] = setting("a", "Kind", "Which.", group="One")
    share: float = setting(
        0.1, "Share", "Only of a.", group="One", only_with={"kind": ("a",)}, lt=0.5
    )
    size: int = setting(3, "Size", "Only of b.", group="Two", only_with={"kind": ("b",)})


def test_what_has_no_effect_is_hidden_and_counts_as_its_default(qtbot: QtBot) -> None:
    form = RecipeForm([Dependent], object_name="form")
    qtbot.addWidget(form)
    form.show()
    write(qtbot, line(form, "share"), "0.9")
    assert form.problems == {"share": "must be below 0.5"}
    assert not line(form, "size").isVisible()
    form.set_values({"kind": "b"})
    assert line(form, "size").isVisible()
    assert not line(form, "share").isVisible()
    assert form.result(Dependent) == Dependent(kind="b")
    form.set_values({"kind": "a"})
    assert form.problems == {"share": "must be below 0.5"}


def test_full_tuning_has_no_adapter_to_set(form: RecipeForm) -> None:
    assert line(form, "r").isVisible()
    form.set_values({"tuning": "full"})
    assert not line(form, "r").isVisible()
    assert form.cell("tuning").note.startswith("All weights")
    assert form.result(AdapterConfig) == AdapterConfig(tuning="full")


def test_each_choice_is_explained(form: RecipeForm, qtbot: QtBot) -> None:
    loss = form.findChild(QComboBox, "form.loss_type")
    assert loss is not None
    assert form.cell("loss_type").note == "DPO as published"
    qtbot.keyClick(loss, Qt.Key.Key_Down)
    assert form.cell("loss_type").note.startswith("Aims at a fixed margin")
    tips = [loss.itemData(place, Qt.ItemDataRole.ToolTipRole) for place in range(loss.count())]
    assert all(tips)


def test_a_long_text_is_written_in_several_lines(qtbot: QtBot) -> None:
    form = RecipeForm([JsonReward], object_name="json", leave_out=["weight"], has_titles=False)
    qtbot.addWidget(form)
    form.show()
    area = form.findChild(QPlainTextEdit, "json.json_schema")
    assert area is not None
    with qtbot.waitSignal(form.edited):
        qtbot.keyClicks(area, "{")
    assert form.problems["json_schema"].startswith("the schema is not JSON")
    area.clear()
    qtbot.keyClicks(area, "if x:")
    qtbot.keyClick(area, Qt.Key.Key_Return)
    assert area.toPlainText() == "if x:\n    "


def test_up_and_down_step_whole_numbers(form: RecipeForm, qtbot: QtBot) -> None:
    batch = line(form, "per_device_train_batch_size")
    qtbot.keyClick(batch, Qt.Key.Key_Up)
    assert batch.text() == "5"
    qtbot.keyClick(batch, Qt.Key.Key_Down)
    qtbot.keyClick(batch, Qt.Key.Key_Down)
    assert batch.text() == "3"
    config = form.result(DpoConfig)
    assert config is not None
    assert config.per_device_train_batch_size == 3


def test_the_wheel_scrolls_past_a_choice_without_changing_it(form: RecipeForm) -> None:
    loss = form.findChild(QComboBox, "form.loss_type")
    assert loss is not None
    line(form, "beta").setFocus()
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(loss.mapToGlobal(QPoint(5, 5))), QPoint(0, -120), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(loss, wheel)
    assert loss.currentText() == "sigmoid"


def test_values_of_another_run_can_be_shown(form: RecipeForm) -> None:
    other = DpoConfig(beta=0.3, learning_rate=3e-6, loss_type="ipo", stop_on_drift=False)
    form.set_values(other.model_dump())
    assert form.result(DpoConfig) == other
    assert line(form, "learning_rate").text() == "3e-6"


def test_columns_follow_the_width(form: RecipeForm, qtbot: QtBot) -> None:
    def columns() -> int:
        names = ("learning_rate", "num_train_epochs", "max_steps", "max_length")
        tops = [line(form, name).mapTo(form, QPoint(0, 0)).y() for name in names]
        return tops.count(tops[0])

    assert columns() == 3
    form.resize(560, 900)
    qtbot.waitUntil(lambda: columns() == 2)


def test_a_rule_about_the_whole_recipe_is_told_apart() -> None:
    class Range(BaseModel):
        low: int = setting(0, "Low", "The lower end.", ge=0)
        kind: Literal["a", "b"] = setting("a", "Kind", "Which.")

    assert [spec.kind for spec in fields_of(Range)] == [FieldKind.INTEGER, FieldKind.CHOICE]
    with pytest.raises(ValidationError) as caught:
        Range.model_validate({"low": -1, "kind": "c"})
    assert problems_of(caught.value) == {
        "low": "must be at least 0", "kind": "must be one of 'a' or 'b'"
    }  # fmt: skip


def test_every_control_has_a_name_for_screen_readers(form: RecipeForm) -> None:
    for control in form.findChildren(QLineEdit):
        assert control.accessibleName()
        assert control.accessibleDescription()


def test_a_choice_that_is_too_long_for_its_field_ends_in_an_ellipsis(qtbot: QtBot) -> None:
    name = "Answers of the evening shift in November, second reading"
    combo = CalmComboBox()
    qtbot.addWidget(combo)
    combo.addItems([name, "Short"])
    combo.resize(180, 32)
    combo.show()
    assert combo.shown_text.endswith("…")
    assert name.startswith(combo.shown_text[:-1])
    assert combo.text_when_cut == name
    combo.setCurrentIndex(1)
    assert combo.shown_text == "Short"
    assert combo.text_when_cut == ""
