"""Votes are kept with their answers and can become labelled pairs, once."""

from workbench.core import conversation
from workbench.core.preferences import Choice, Origin, OriginKind, Split
from workbench.store import Project
from workbench.store.rows import NewPrompt

BASE = Origin(OriginKind.SAMPLED, model="base", temperature=0.0, seed=1)
TRAINED = Origin(OriginKind.SAMPLED, model="base", run_id="r1", checkpoint_step=12, seed=1)


def vote(project: Project, question: str, choice: Choice, second: str = "Short.") -> str:
    return project.votes.record(
        conversation.user(question), ("Long and winding.", BASE), (second, TRAINED),
        choice=choice, shown_left=Choice.SECOND, blind=True, reviewer="Ada", elapsed_s=4.0,
    )  # fmt: skip


def test_a_vote_keeps_both_answers_and_where_they_came_from(project: Project) -> None:
    vote_id = vote(project, "Why?", Choice.SECOND)
    (stored,) = project.votes.all()
    assert stored.id == vote_id
    assert (stored.first.origin, stored.second.origin) == (BASE, TRAINED)
    assert (stored.choice, stored.shown_left, stored.blind) == (Choice.SECOND, Choice.SECOND, True)


def test_decided_votes_become_pairs_once(project: Project) -> None:
    vote(project, "Why?", Choice.SECOND)
    vote(project, "How?", Choice.TIE)
    vote(project, "Same?", Choice.FIRST, second="Long and winding.")
    assert project.votes.convertible() == 1
    assert project.votes.make_pairs() == 1
    assert project.votes.make_pairs() == 0
    example = project.pairs.labelled()[0].example
    assert (example.chosen, example.rejected) == ("Short.", "Long and winding.")
    assert project.pairs.waiting("Grace", 10) == []
    assert project.labels.progress("Ada").total == 1


def test_votes_on_held_out_prompts_never_train(project: Project) -> None:
    held_out = [NewPrompt(conversation.user("Why?"), Split.HELD_OUT)]
    project.datasets.add_prompts("Held out", held_out)
    vote(project, "Why?", Choice.SECOND)
    assert project.votes.convertible() == 0
    assert project.votes.make_pairs() == 0
