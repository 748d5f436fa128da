"""What was said of the pair in view before its verdict: reasons, marks, a note. Knows no widgets.

Aspects are told of sides here, and of the stored responses once the verdict is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.core.labelling import Picked
from workbench.core.preferences import Choice, Pair, Side, Span, VerdictDetails, choice_of_side


@dataclass
class Pending:
    """Made anew for each showing. An aspect is a side, or None for a tie."""

    flag: str | None = None
    note: str = ""
    tags: list[str] = field(default_factory=list)
    aspects: dict[str, Side | None] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)

    @classmethod
    def of_before(
        cls, details: VerdictDetails, pair: Pair, side_of: Callable[[Choice], Side | None]
    ) -> Pending:
        """What went with a verdict that was taken back, in the sides of the pair's new showing.

        Marks stay where their words do: the answers may have been edited since.
        """
        texts = {response.id: response.text for response in (pair.first, pair.second)}
        return cls(
            flag=details.flag,
            note=details.note or "",
            tags=list(details.tags),
            aspects={name: side_of(choice) for name, choice in details.aspects.items()},
            spans=[
                span
                for span in details.spans
                if texts.get(span.response_id, "")[span.start : span.end] == span.text
            ],
        )

    @property
    def is_empty(self) -> bool:
        return not (self.flag or self.note.strip() or self.tags or self.aspects or self.spans)

    def toggle_tag(self, tag: str) -> None:
        if tag in self.tags:
            self.tags.remove(tag)
        else:
            self.tags.append(tag)

    def add_span(self, span: Span) -> None:
        """Mark a part of an answer; what it overlaps is marked no more, the same again removes."""
        same = span in self.spans
        self.spans = [
            other
            for other in self.spans
            if other.response_id != span.response_id
            or other.end <= span.start
            or other.start >= span.end
        ]
        if not same:
            self.spans.append(span)

    def details(self, picked: Picked, shown_left: Choice) -> VerdictDetails:
        """All of it, as it is stored with the verdict."""
        aspects = {
            name: Choice.TIE if side is None else choice_of_side(side, shown_left)
            for name, side in self.aspects.items()
        }
        return VerdictDetails(
            picked_by=picked.picked_by.value,
            score_source=picked.score_source,
            unsureness=picked.unsureness,
            flag=self.flag,
            note=self.note.strip() or None,
            tags=tuple(self.tags),
            aspects=aspects,
            spans=tuple(self.spans),
        )
