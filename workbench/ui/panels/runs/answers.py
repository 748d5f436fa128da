"""Answers that the model in training wrote, newest first, read page by page. No widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.core.events import Event, GroupSampled, Sample
from workbench.store.project import Project

_KINDS = (GroupSampled.KIND, Sample.KIND)
PAGE_EVENTS = 40

Place = tuple[int, int]
"""Where an event stands in a run: its attempt and number."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer. Without rewards it was written to a fixed prompt, to be looked at only."""

    place: Place
    step: int
    prompt: str
    text: str
    is_first_of_group: bool = True
    expected: str | None = None
    tokens: int | None = None
    is_finished: bool = True
    rewards: Mapping[str, float | None] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    total: float | None = None
    advantage: float | None = None

    @property
    def failures(self) -> dict[str, str]:
        """Why a reward has no value, by the name of the reward."""
        return {
            name: self.notes[name]
            for name, value in self.rewards.items()
            if value is None and self.notes.get(name)
        }


@dataclass(frozen=True, slots=True)
class Answers:
    """What has been read of a run's answers, the newest step first."""

    run_id: str
    rows: tuple[AnswerRow, ...] = ()
    newest: Place = (0, 0)
    oldest: Place = (0, 0)
    is_whole: bool = False

    @property
    def reward_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for row in self.rows for name in row.rewards))

    def with_newer(self, project: Project) -> Answers:
        """Also what came in since; the same object when nothing did."""
        page = project.runs.events(self.run_id, _KINDS, PAGE_EVENTS)
        new = [event for event in page if _place(event) > self.newest]
        if not new:
            return self if self.rows else replace(self, is_whole=True)
        if len(new) == PAGE_EVENTS or not self.rows:
            # More may lie between than one page: begin again at the newest.
            return Answers(
                self.run_id, _rows(new), _place(new[-1]), _place(new[0]), len(page) < PAGE_EVENTS
            )
        return replace(self, rows=_rows(new) + self.rows, newest=_place(new[-1]))

    def with_older(self, project: Project) -> Answers:
        """Also the page before the oldest row."""
        page = project.runs.events(self.run_id, _KINDS, PAGE_EVENTS, before=self.oldest)
        is_whole = len(page) < PAGE_EVENTS
        if not page:
            return replace(self, is_whole=True)
        return replace(
            self, rows=self.rows + _rows(page), oldest=_place(page[0]), is_whole=is_whole
        )


def _place(event: Event) -> Place:
    return event.attempt, event.seq


def _rows(events: Sequence[Event]) -> tuple[AnswerRow, ...]:
    return tuple(row for event in reversed(events) for row in _rows_of(event))


def _rows_of(event: Event) -> list[AnswerRow]:
    payload, place = event.payload, _place(event)
    if isinstance(payload, Sample):
        return [AnswerRow(place, payload.step, payload.prompt, payload.text)]
    if not isinstance(payload, GroupSampled):
        return []
    return [
        AnswerRow(
            place,
            payload.step,
            payload.prompt,
            answer.text,
            is_first_of_group=number == 0,
            expected=payload.expected,
            tokens=answer.tokens,
            is_finished=answer.is_finished,
            rewards=answer.rewards,
            notes=answer.notes,
            total=answer.total,
            advantage=answer.advantage,
        )
        for number, answer in enumerate(payload.answers)
    ]
