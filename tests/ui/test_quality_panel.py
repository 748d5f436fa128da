"""The Quality panel on real projects: what it shows, where its buttons lead."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from workbench.core.changes import Changed, Changes
from workbench.core.conversation import Message
from workbench.core.ids import new_id
from workbench.core.preferences import Choice, Origin, OriginKind, Verdict
from workbench.stats.estimate import Estimate
from workbench.stats.pace import PaceOverTime
from workbench.store import Project
from workbench.store.rows import NewPair
from workbench.ui import theme
from workbench.ui.context import Session
from workbench.ui.main_window import MainWindow
from workbench.ui.panels.quality.card_grid import CardGrid
from workbench.ui.panels.quality.finding import Bar, Mark
from workbench.ui.panels.quality.interval_bar import IntervalBar
from workbench.ui.panels.quality.pace_chart import PaceChart
from workbench.ui.panels.quality.panel import QualityPanel

FIRST = Choice.FIRST


def add_pairs(project: Project, count: int, name: str = "Some") -> list[str]:
    origin = Origin(OriginKind.IMPORTED)
    known = {pair.id for pair in project.pairs.waiting("nobody", 1000)}
    project.datasets.add_pairs(
        name,
        [
            NewPair(
                (Message("user", f"{name} {n}"),), f"one {n}", "a few more words", origin, origin
            )
            for n in range(count)
        ],
    )
    return [p.id for p in project.pairs.waiting("nobody", 1000) if p.id not in known]


def say(project: Project, pair_id: str, choice: Choice = FIRST, who: str = "ada") -> None:
    left = FIRST if hash(pair_id) % 2 else Choice.SECOND
    project.labels.record(
        Verdict(new_id(), pair_id, who, choice, left, 1_790_000_000.0, elapsed_s=8.0)
    )


def shown(qtbot: QtBot, session: Session) -> QualityPanel:
    """The panel with its first count done, and the search for near-duplicates."""
    panel = QualityPanel(session)
    session.window.panels.append(panel)
    qtbot.addWidget(panel)
    panel.resize(1000, 700)
    with qtbot.waitSignals([panel.counting.counted, panel.counting.searched]):
        panel.show()
    return panel


def texts(panel: QualityPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_without_verdicts_it_says_what_to_do_first(qtbot: QtBot, session: Session) -> None:
    panel = shown(qtbot, session)
    assert "No verdicts yet" in texts(panel)
    button = next(b for b in panel.findChildren(QPushButton) if b.text() == "Label pairs")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert session.window.visits == [("label", {})]


def test_a_few_verdicts_are_too_few_to_say(qtbot: QtBot, session: Session) -> None:
    for pair_id in add_pairs(session.project, 3):
        say(session.project, pair_id)
    panel = shown(qtbot, session)
    for key in ("agreement", "consistency", "sides", "length", "speed", "pace"):
        assert panel.cards[key].figure.text() == "–", key
        assert panel.cards[key].tag_text == "too few to say"
        assert "so far there are" in panel.cards[key].meaning.text()
        assert panel.cards[key].advice.text()


def test_every_figure_has_a_meaning_and_a_next_step(qtbot: QtBot, session: Session) -> None:
    for pair_id in add_pairs(session.project, 30):
        say(session.project, pair_id)
    panel = shown(qtbot, session)
    assert panel.cards["length"].figure.text() == "0 %"
    assert panel.cards["length"].tag_text == "short wins"
    assert panel.cards["pace"].figure.text() == "450"
    assert panel.cards["contradictions"].figure.text() == "0"
    assert panel.cards["speed"].tag_text == "unhurried"
    for card in panel.cards.values():
        assert card.meaning.text().endswith(".")
        assert card.advice.text().endswith(".")
        assert card.accessibleDescription()


def test_new_verdicts_are_counted_while_it_is_seen(qtbot: QtBot, session: Session) -> None:
    pairs = add_pairs(session.project, 40)
    for pair_id in pairs[:20]:
        say(session.project, pair_id)
    panel = shown(qtbot, session)
    assert "20 timed verdicts" in texts(panel)
    for pair_id in pairs[20:]:
        say(session.project, pair_id)
    with qtbot.waitSignal(panel.counting.counted):
        session.apply(Changes(Changed.VERDICTS))
        session.apply(Changes(Changed.VERDICTS))
    assert "40 timed verdicts" in texts(panel)


def test_repairing_leads_to_exactly_those_pairs(qtbot: QtBot, session: Session) -> None:
    project = session.project
    origin = Origin(OriginKind.WRITTEN)
    prompt = (Message("user", "How do I fry an egg?"),)
    answers = (("a", "b"), ("b", "c"), ("c", "a"))
    project.datasets.add_pairs("Circle", [NewPair(prompt, *two, origin, origin) for two in answers])
    pairs = [pair.id for pair in project.pairs.waiting("nobody", 10)]
    for pair_id in pairs:
        say(project, pair_id)
    panel = shown(qtbot, session)
    card = panel.cards["contradictions"]
    assert card.figure.text() == "1"
    repair = card.findChild(QPushButton, "quality.contradictions.action")
    assert repair is not None
    qtbot.mouseClick(repair, Qt.MouseButton.LeftButton)
    circle = next(b for b in card.findChildren(QPushButton) if b.text().startswith("circle of 3"))
    qtbot.mouseClick(circle, Qt.MouseButton.LeftButton)
    visits = session.window.visits
    assert [panel for panel, _ in visits] == ["label", "label"]
    for _, what in visits:
        assert set(what["pair_ids"]) == set(pairs)
        assert what["why"]
        assert what["settle"]
    assert [command.title for command in panel.commands()] == ["Repair 3 pairs"]


def test_filters_narrow_what_is_counted(qtbot: QtBot, session: Session) -> None:
    here, there = add_pairs(session.project, 25), add_pairs(session.project, 22, "Other")
    for pair_id in (*here, *there):
        say(session.project, pair_id)
    for pair_id in here:
        say(session.project, pair_id, who="ben")
    panel = shown(qtbot, session)
    assert "72 timed verdicts" in texts(panel)
    dataset = panel.findChild(QComboBox, "quality.dataset")
    annotator = panel.findChild(QComboBox, "quality.annotator")
    assert [dataset.itemText(n) for n in range(dataset.count())] == [
        "All data sets",
        "Some",
        "Other",
    ]
    for chooser, choice, wanted in (
        (dataset, "Other", "22 timed verdicts"),
        (dataset, "Some", "50 timed verdicts"),
        (annotator, "ben", "25 timed verdicts"),
    ):
        with qtbot.waitSignal(panel.counting.counted):
            chooser.setCurrentText(choice)
            chooser.activated.emit(chooser.currentIndex())
        assert wanted in texts(panel)
    assert annotator.currentText() == "ben"


def test_closing_while_it_counts_ends_at_once(window: MainWindow) -> None:
    for pair_id in add_pairs(window.session.project, 5):
        say(window.session.project, pair_id)
    window.navigate("quality")
    window.close()  # the fixture looks for threads that are left


def test_the_page_keys_scroll_at_once(qtbot: QtBot, window: MainWindow) -> None:
    for pair_id in add_pairs(window.session.project, 25):
        say(window.session.project, pair_id)
    window.resize(1100, 700)
    window.navigate("quality")
    panel = window.current_panel
    assert isinstance(panel, QualityPanel)
    qtbot.waitUntil(lambda: "pace" in panel.cards)
    qtbot.waitUntil(lambda: panel.cards["pace"].figure.text() != "–")
    bar = panel.findChildren(QScrollArea)[0].verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    qtbot.keyClick(panel, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    qtbot.keyClick(panel, Qt.Key.Key_Alt)  # it does nothing here, and that once


def test_cards_stand_in_as_many_columns_as_fit(qtbot: QtBot) -> None:
    cards = [QLabel(str(number)) for number in range(8)]
    grid = CardGrid(cards)
    qtbot.addWidget(grid)
    grid.show()
    for width, columns in ((1300, 3), (960, 2), (400, 1)):
        grid.resize(width, 800)
        qtbot.waitUntil(lambda columns=columns: grid.columns == columns)
    grid.resize(1300, 800)
    qtbot.waitUntil(lambda: cards[7].width() > 1.5 * cards[0].width())


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_an_interval_is_painted_where_it_lies(qtbot: QtBot, mode: str) -> None:
    theme.active().set_mode(mode)
    bar = IntervalBar()
    qtbot.addWidget(bar)
    bar.resize(208, bar.height())
    bar.show_bar(Bar(Estimate(50, 0.75, 0.6, 0.9), marks=(Mark(0.5, "50 %"),)), "75 %")
    assert bar.accessibleName() == "75 %"
    picture = bar.grab().toImage()
    middle = 8
    accent, track = theme.color("accent").rgb(), theme.color("raised").rgb()
    assert picture.pixelColor(154, middle).rgb() == accent  # the dot
    assert picture.pixelColor(140, middle).rgb() == accent  # the whisker
    assert picture.pixelColor(60, middle).rgb() == track


def test_the_chart_tells_whose_dot_it_is(qtbot: QtBot) -> None:
    chart = PaceChart()
    qtbot.addWidget(chart)
    chart.resize(400, 160)
    day = 86400.0
    line = PaceOverTime(np.array([1.79e9, 1.79e9 + day]), np.array([100.0, 200.0]), day)
    chart.show_lines((("ada", line),))
    assert not chart.grab().isNull()
    assert chart.text_at(QPointF(-100, -100)) == ""
    found = {chart.text_at(QPointF(x, y)) for x in range(0, 400, 8) for y in range(0, 160, 8)}
    assert {text.split(" · ")[2] for text in found if text} == {"100 an hour", "200 an hour"}
    assert all(text.startswith("ada · ") for text in found if text)


def test_label_opens_on_the_pairs_to_repair(qtbot: QtBot, window: MainWindow) -> None:
    project = window.session.project
    origin = Origin(OriginKind.WRITTEN)
    prompt = (Message("user", "How do I fry an egg?"),)
    twice = [NewPair(prompt, *two, origin, origin) for two in (("a", "b"), ("b", "a"))]
    project.datasets.add_pairs("Twice", twice)
    for pair in project.pairs.waiting("nobody", 10):
        say(project, pair.id, who=window.session.settings.annotator)
    window.navigate("quality")
    panel = window.current_panel
    assert isinstance(panel, QualityPanel)
    qtbot.waitUntil(lambda: "contradictions" in panel.cards)
    card = panel.cards["contradictions"]
    qtbot.waitUntil(lambda: card.figure.text() == "1")
    repair = card.findChild(QPushButton, "quality.contradictions.action")
    qtbot.mouseClick(repair, Qt.MouseButton.LeftButton)
    label = window.current_panel
    assert label.objectName() == "label"
    why = "Pairs whose verdicts contradict each other"
    qtbot.waitUntil(
        lambda: any(why in one.text() for one in label.findChildren(QLabel) if one.isVisible())
    )


def test_a_count_that_failed_is_no_longer_under_way(
    qtbot: QtBot, session: Session, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(project, add_pairs(project, 1)[0])
    panel = shown(qtbot, session)

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(panel.counting._reader, "read", broken)
    panel.apply_changes(Changes(Changed.VERDICTS))
    assert "Counting" in texts(panel)
    qtbot.waitUntil(lambda: bool(session.window.errors))
    assert "Counting" not in texts(panel)
    session.window.errors.clear()


def test_a_count_that_nobody_waits_for_ends_and_is_taken_up_again(
    qtbot: QtBot, session: Session
) -> None:
    for pair_id in add_pairs(session.project, 30):
        say(session.project, pair_id)
    panel = QualityPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    panel.hide()
    with qtbot.waitSignals([panel.counting.counted, panel.counting.searched], timeout=30_000):
        panel.show()
    assert panel.cards["length"].figure.text() == "0 %"


def test_what_was_ordered_before_leaving_is_counted_on_coming_back(
    qtbot: QtBot, session: Session
) -> None:
    pairs = add_pairs(session.project, 40)
    for pair_id in pairs[:20]:
        say(session.project, pair_id)
    panel = shown(qtbot, session)
    for pair_id in pairs[20:]:
        say(session.project, pair_id)
    session.apply(Changes(Changed.VERDICTS))
    panel.hide()
    panel.show()
    qtbot.waitUntil(lambda: "40 timed verdicts" in texts(panel), timeout=30_000)
