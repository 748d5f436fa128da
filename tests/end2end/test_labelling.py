"""Labelling with real keys: whatever the window told as saved survives its death."""

from pathlib import Path

from tests.end2end.conftest import Open
from workbench.core import conversation
from workbench.core.preferences import Choice, Origin, OriginKind
from workbench.store import Project
from workbench.store.rows import NewPair

ORIGIN = Origin(OriginKind.SAMPLED, model="tiny", seed=3)


def test_no_verdict_is_lost_when_the_window_is_killed(
    open_application: Open, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    with Project.create(folder, "Concise answers") as project:
        pairs = [
            NewPair(
                conversation.user(f"Question {n}?"), f"Short {n}.", f"Long {n}.", ORIGIN, ORIGIN
            )
            for n in range(20)
        ]
        project.datasets.add_pairs("To label", pairs)

    window = open_application(folder)
    window.click("Label")
    window.wait_for("label.left")
    liked = []
    for number, key in enumerate(["Left", "Right", "1", "9", "Left"], start=1):
        side = "label.left" if key in {"Left", "1"} else "label.right"
        liked.append(window.text(side))
        window.keys(key)
        window.wait_for(f"{number} of 20")
    window.keys("0", "b", "s")
    window.wait_for("8 of 20")
    window.keys("ctrl+z")
    window.wait_for("7 of 20")
    window.click("label.verdict.both_bad")
    window.wait_for("8 of 20")
    window.kill()

    with Project.open(folder) as project:
        labelled = project.pairs.labelled()
        assert sorted(pair.example.chosen for pair in labelled) == sorted(liked)
        counts = project.labels.counts()
        assert (counts[Choice.TIE], counts[Choice.BOTH_BAD]) == (1, 2)

    again = open_application()
    again.wait_for("Concise answers – Workbench")
    again.click("Label")
    again.wait_for("8 of 20")
    again.close()
    assert again.log.read_text() == ""
