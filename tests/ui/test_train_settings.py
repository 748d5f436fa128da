"""Presets and rewards: what stands above and inside the Train form."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from workbench.core.conversation import user
from workbench.core.preferences import PromptExample
from workbench.core.recipes import METHODS, AdapterConfig, DpoConfig, GrpoConfig, RlooConfig
from workbench.core.recipes.presets import PRESETS, preset_values
from workbench.core.rewards import (
    EXAMPLE_SOURCE,
    REWARDS,
    ExactMatch,
    LengthReward,
    NumericMatch,
    PythonReward,
    RegexReward,
    RewardModelReward,
)
from workbench.ui.context import Session
from workbench.ui.panels.train.material import Learnable, RewardModel, suggested_rewards
from workbench.ui.panels.train.method_cards import MethodCards
from workbench.ui.panels.train.settings import Settings
from workbench.ui.widgets.card import ChoiceCard


@pytest.fixture
def settings(qtbot: QtBot, session: Session) -> Settings:
    made = Settings("dpo", session.bridge)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def press(qtbot: QtBot, inside: QWidget, name: str) -> None:
    found = inside.findChild(QPushButton, name)
    assert found is not None
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def write(qtbot: QtBot, inside: QWidget, name: str, words: str) -> None:
    field = inside.findChild(QLineEdit, name)
    assert field is not None
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, words)


def note(settings: Settings) -> str:
    found = settings.findChild(QLabel, "train.preset.note")
    assert found is not None
    return str(found.text())


@pytest.mark.parametrize("method", METHODS)
def test_each_method_begins_balanced_and_can_have_each_preset(
    settings: Settings, qtbot: QtBot, method: str
) -> None:
    settings.show_method(method)
    assert settings.presets.current == "balanced"
    for preset in PRESETS:
        with qtbot.waitSignal(settings.edited):
            press(qtbot, settings, f"train.preset.{preset}")
        assert settings.presets.current == preset
        adapter = settings.adapter()
        assert adapter is not None
        assert adapter.r == preset_values(method, preset).get("r", 16)


def test_a_preset_goes_with_the_person_to_methods_not_seen_yet(
    settings: Settings, qtbot: QtBot
) -> None:
    settings.show_method("kto")
    press(qtbot, settings, "train.preset.quick")
    settings.show_method("reward")
    assert settings.presets.current == "quick"
    settings.show_method("dpo")
    assert settings.presets.current == "balanced", "what was chosen there is kept"
    settings.show_method("kto")
    assert settings.presets.current == "quick"
    write(qtbot, settings, "train.field.r", "4")
    settings.show_method("sft")
    adapter = settings.adapter()
    assert adapter is not None
    assert adapter.r == 4


def test_an_edited_field_is_custom_until_it_is_put_back(settings: Settings, qtbot: QtBot) -> None:
    press(qtbot, settings, "train.preset.thorough")
    write(qtbot, settings, "train.field.learning_rate", "1e-4")
    assert settings.presets.current == ""
    assert note(settings).startswith("Custom")
    write(qtbot, settings, "train.field.learning_rate", "0.00002")
    assert settings.presets.current == "thorough"
    press(qtbot, settings, "train.preset.balanced")
    assert settings.config() == DpoConfig()
    assert settings.adapter() == AdapterConfig()


def test_rewards_are_asked_for_where_a_method_needs_them(settings: Settings, qtbot: QtBot) -> None:
    assert not settings.rewards.isVisible()
    assert settings.config() == DpoConfig()
    settings.show_method("grpo")
    assert settings.rewards.isVisible()
    assert settings.config() is None
    assert "at least one" in settings.problem
    with qtbot.waitSignal(settings.edited):
        settings.rewards.add("length")
    assert settings.config() == GrpoConfig(rewards=(LengthReward(),))
    settings.show_method("rloo")
    assert settings.config() == RlooConfig(rewards=(LengthReward(),))
    settings.show_method("dpo")
    assert settings.problem == ""


def test_answers_must_leave_room_for_the_prompt(settings: Settings, qtbot: QtBot) -> None:
    settings.show_method("grpo")
    settings.rewards.add("length")
    write(qtbot, settings, "train.field.max_completion_length", "1024")
    assert settings.problem == (
        "Answer length: must be below Max length, which holds the prompt too."
    )
    write(qtbot, settings, "train.field.max_completion_length", "512")
    assert settings.problem == ""


@pytest.mark.parametrize("kind", REWARDS)
def test_each_kind_of_reward_can_be_added_and_is_what_its_recipe_says(
    settings: Settings, kind: str
) -> None:
    settings.show_method("grpo")
    menu = settings.rewards._add.menu()
    action = next(item for item in menu.actions() if item.objectName() == kind)
    assert action.text() == REWARDS[kind].title
    action.trigger()
    (card,) = settings.rewards.cards
    if kind == "reward_model":
        assert settings.problem == "Reward model: no reward model is chosen."
        return
    assert card.reward() == REWARDS[kind].config()


def test_a_reward_is_changed_ordered_and_taken_away(settings: Settings, qtbot: QtBot) -> None:
    settings.show_method("grpo")
    editor = settings.rewards
    editor.show_rewards((LengthReward(target_words=50), RegexReward(pattern="yes")))
    write(qtbot, editor.cards[1], f"{editor.cards[1].objectName()}.weight", "-2")
    press(qtbot, editor, f"{editor.cards[1].objectName()}.up")
    assert editor.rewards() == (
        RegexReward(pattern="yes", weight=-2), LengthReward(target_words=50),
    )  # fmt: skip
    write(qtbot, editor.cards[0], f"{editor.cards[0].objectName()}.pattern", "(")
    assert settings.problem.startswith("Pattern: pattern: this is not a regular expression")
    press(qtbot, editor, f"{editor.cards[0].objectName()}.remove")
    assert editor.rewards() == (LengthReward(target_words=50),)
    press(qtbot, editor, f"{editor.cards[0].objectName()}.remove")
    assert editor.rewards() is None


def test_two_rewards_of_one_name_are_refused(settings: Settings) -> None:
    settings.show_method("grpo")
    settings.rewards.show_rewards((LengthReward(name="a"), RegexReward(name="a")))
    assert settings.problem == "Two rewards are named a."


def test_own_code_says_what_it_is_and_can_be_tried(settings: Settings, qtbot: QtBot) -> None:
    settings.show_method("grpo")
    card = settings.rewards.add("python")
    assert any("This is code." in found.text() for found in card.findChildren(QLabel))
    outcome = card.findChild(QLabel, f"{card.objectName()}.outcome")
    assert outcome is not None
    # Its own 2 s may pass before a busy machine gives the process its turn.
    write(qtbot, card, f"{card.objectName()}.timeout_s", "60")
    press(qtbot, card, f"{card.objectName()}.check")
    qtbot.waitUntil(lambda: "It works" in outcome.text())
    area = card.findChild(QPlainTextEdit, f"{card.objectName()}.source")
    assert area is not None
    assert area.toPlainText() == EXAMPLE_SOURCE
    area.setPlainText("def reward(prompt, completion, answer):\n    return 1 / 0\n")
    assert outcome.text() == ""
    assert card.reward() == PythonReward(source=area.toPlainText(), timeout_s=60)
    press(qtbot, card, f"{card.objectName()}.check")
    pressed = card.findChild(QPushButton, f"{card.objectName()}.check")
    assert pressed is not None
    assert pressed.isEnabled()  # else the keyboard would leave it for somewhere else
    qtbot.waitUntil(lambda: "ZeroDivisionError" in outcome.text())


def test_a_reward_model_is_chosen_among_those_of_the_project(
    settings: Settings, tmp_path: Path
) -> None:
    settings.show_method("ppo")
    card = settings.rewards.add("reward_model")
    models = [RewardModel(f"reward-{n}", tmp_path / str(n)) for n in range(2)]
    settings.rewards.offer_models(models)
    choice = card.findChild(QComboBox)
    assert choice is not None
    assert [choice.itemText(place) for place in range(choice.count())] == ["reward-0", "reward-1"]
    wanted = RewardModelReward(path=str(tmp_path / "1"), weight=2.0)
    settings.rewards.show_rewards((wanted,))
    assert settings.rewards.rewards() == (wanted,)


def learnable(answers: list[str | None]) -> Learnable:
    prompts = tuple(PromptExample(user(f"{n}?"), answer) for n, answer in enumerate(answers))
    return Learnable("grpo", (), prompts, ())


def test_the_right_answer_is_rewarded_where_prompts_come_with_one() -> None:
    assert suggested_rewards(learnable(["12", "so #### 1,024", "$7.50"])) == (NumericMatch(),)
    assert suggested_rewards(learnable(["Paris", "Rome", "3"])) == (ExactMatch(),)
    assert suggested_rewards(learnable(["Paris", None, None])) == ()
    assert suggested_rewards(learnable([])) == ()


def test_a_suggestion_never_replaces_what_a_person_chose(settings: Settings) -> None:
    settings.show_method("grpo")
    settings.rewards.suggest((NumericMatch(),))
    assert settings.rewards.rewards() == (NumericMatch(),)
    settings.rewards.cards[0].removed.emit()
    settings.rewards.suggest((NumericMatch(),))
    assert settings.rewards.rewards() is None


def test_methods_stand_in_two_groups_and_say_what_they_are_for(qtbot: QtBot) -> None:
    cards = MethodCards(tuple(METHODS))
    qtbot.addWidget(cards)
    cards.resize(968, 120)
    cards.show()
    cards.show_chosen("kto")
    assert cards._purpose.text() == METHODS["kto"].purpose
    ppo = cards.findChild(ChoiceCard, "train.method.ppo")
    assert ppo is not None
    with qtbot.waitSignal(cards.chosen) as chosen:
        qtbot.keyClick(ppo, Qt.Key.Key_Space)
    assert chosen.args == ["ppo"]
    for method, info in METHODS.items():
        card = cards.findChild(ChoiceCard, f"train.method.{method}")
        assert card is not None
        for found in card.findChildren(QLabel):
            words = found.fontMetrics().horizontalAdvance(found.text())
            assert words <= found.width(), f"{info.title}: {found.text()!r} is cut off"
