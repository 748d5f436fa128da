"""The rewards of a recipe: a list to add to, to order and to take from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from workbench.core.rewards import REWARDS, BaseReward
from workbench.ui import theme
from workbench.ui.bridge import Bridge
from workbench.ui.panels.train.material import RewardModel
from workbench.ui.panels.train.reward_card import RewardCard
from workbench.ui.tokens import SPACE_8
from workbench.ui.widgets.texts import button, label

OBJECT_NAME = "train.reward"


class RewardsEditor(QWidget):
    """`edited` follows every change by a person; what it shows is checked at each."""

    edited = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._cards: list[RewardCard] = []
        self._models: Sequence[RewardModel] = ()
        self._made = 0
        self._is_touched = False
        self._note = label("", "small", wrap=True)
        self._note.setObjectName(f"{OBJECT_NAME}s.note")
        self._add = button(self.tr("Add a reward"), kind="quiet", icon="add")
        self._add.setObjectName(f"{OBJECT_NAME}s.add")
        self._add.setMenu(self._menu())
        self._add.setProperty("menu", "true")
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE_8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_8)
        layout.addWidget(label(self.tr("Rewards"), "card_title"))
        layout.addWidget(self._note)
        layout.addLayout(self._list)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        self._show_state()

    @property
    def cards(self) -> Sequence[RewardCard]:
        return tuple(self._cards)

    @property
    def problem(self) -> str:
        """What is wrong, in a sentence; empty when there is a reward and all are right."""
        if not self._cards:
            return self.tr("Rewards: add at least one, which says what makes an answer good.")
        for card in self._cards:
            if card.problem:
                return self.tr("{0}: {1}.").format(card.title, card.problem)
        names = Counter(str(card.values().get("name", "")) for card in self._cards)
        twice = next((name for name, number in names.items() if name and number > 1), "")
        return self.tr("Two rewards are named {0}.").format(twice) if twice else ""

    def rewards(self) -> tuple[BaseReward, ...] | None:
        """The rewards as entered, or None while something is wrong."""
        if self.problem:
            return None
        found = [card.reward() for card in self._cards]
        return tuple(reward for reward in found if reward is not None)

    def show_rewards(self, rewards: Sequence[BaseReward]) -> None:
        """Show these in place of what is there, such as another run's."""
        self._is_touched = True
        self._replace(rewards)

    def suggest(self, rewards: Sequence[BaseReward]) -> None:
        """Show these unless a person has chosen some, or taken some away."""
        if not self._is_touched and not self._cards:
            self._replace(rewards)

    def offer_models(self, models: Sequence[RewardModel]) -> None:
        """The reward models that there are to choose from."""
        self._models = models
        for card in self._cards:
            card.offer_models(models)
        self._show_state()

    def add(self, kind: str) -> RewardCard:
        """Add a reward of a kind, as a person does from the menu."""
        card = self._make(kind, {})
        self._on_edited()
        card.form.setFocus(Qt.FocusReason.OtherFocusReason)
        return card

    def _replace(self, rewards: Sequence[BaseReward]) -> None:
        while self._cards:
            self._drop(self._cards[-1])
        for reward in rewards:
            values = reward.model_dump() if isinstance(reward, BaseModel) else {}
            self._make(str(values["kind"]), values)
        self._show_state()

    def _make(self, kind: str, values: Mapping[str, Any]) -> RewardCard:
        card = RewardCard(kind, self._bridge, f"{OBJECT_NAME}.{self._made}")
        self._made += 1
        card.offer_models(self._models)
        card.set_values(values)
        card.edited.connect(self._on_edited)
        card.moved.connect(partial(self._move, card))
        card.removed.connect(partial(self._remove, card))
        self._cards.append(card)
        self._list.addWidget(card)
        return card

    def _remove(self, card: RewardCard) -> None:
        self._drop(card)
        self._on_edited()

    def _drop(self, card: RewardCard) -> None:
        self._cards.remove(card)
        self._list.removeWidget(card)
        card.setParent(None)
        card.deleteLater()

    def _move(self, card: RewardCard, by: int) -> None:
        place = self._cards.index(card)
        wanted = max(0, min(len(self._cards) - 1, place + by))
        self._cards.insert(wanted, self._cards.pop(place))
        self._list.removeWidget(card)
        self._list.insertWidget(wanted, card)
        self._on_edited()

    def _menu(self) -> QMenu:
        menu = QMenu(self._add)
        menu.setToolTipsVisible(True)
        for kind, info in REWARDS.items():
            action = menu.addAction(QCoreApplication.translate("Recipe", info.title))
            action.setToolTip(QCoreApplication.translate("Recipe", info.purpose))
            action.setObjectName(kind)
            action.triggered.connect(partial(self._add_chosen, kind))
        return menu

    def _add_chosen(self, kind: str, _checked: bool = False) -> None:
        self.add(kind)

    def _on_edited(self) -> None:
        self._is_touched = True
        self._show_state()
        self.edited.emit()

    def _show_state(self) -> None:
        for place, card in enumerate(self._cards):
            card.show_place(is_first=place == 0, is_last=place == len(self._cards) - 1)
        missing = not self._cards
        theme.set_property(self._note, "role", "bad" if missing else "small")
        self._note.setText(
            self.tr("Add at least one: it says what makes an answer good.")
            if missing
            else self.tr("What makes an answer good. Several are added up, by their weights.")
        )
