"""A data form, described: its columns and what they mean, how a row is read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbench.formats.fields import Fields
from workbench.formats.records import Kind, Record
from workbench.formats.roles import Role

RowMapping = Mapping[Role, str]


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means, under which names files have it (likeliest first), and if it must be.

    A name that begins with `*` stands for every name with that end.
    """

    role: Role
    names: tuple[str, ...]
    needed: bool = False


def column(role: Role, *names: str) -> Column:
    """A column that a row may do without."""
    return Column(role, names)


def needed(role: Role, *names: str) -> Column:
    """A column without which a file is not of this form."""
    return Column(role, names, needed=True)


def _anything(_: Fields) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Form:
    """One data form; the list of all is in `catalogue.py`.

    `read` gives the records of one row, or raises BadRowError. `write` is None for a form that is
    only read. `unfold` brings columns that lie deeper in a row to its top, before anything else.
    `recognises` looks at a row that has the needed columns and says whether it is of this form.
    `tells_ties` says whether a pair without a winner can be written, `tells_undecided` whether one
    that nobody has judged, or on which people disagree, can.
    """

    name: str
    title: str
    summary: str
    kind: Kind
    columns: tuple[Column, ...]
    read: Callable[[Fields], Iterable[Record]]
    write: Callable[[Any], dict[str, Any]] | None = None
    recognises: Callable[[Fields], bool] = _anything
    unfold: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    tells_ties: bool = False
    tells_undecided: bool = False
    other_names: tuple[str, ...] = ()

    @property
    def can_write(self) -> bool:
        return self.write is not None

    def unfolded(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.unfold(row) if self.unfold is not None else row

    def guess(self, columns: Iterable[str]) -> dict[Role, str]:
        """Which of a file's columns has which role, by their names; no column has two roles."""
        present = list(columns)
        plain = {_plain(name): name for name in reversed(present)}
        found: dict[Role, str] = {}
        for wanted in self.columns:
            for name in wanted.names:
                left = [each for each in present if each not in found.values()]
                match = _ending(name[1:], left) if name[0] == "*" else plain.get(_plain(name))
                if match is not None and match not in found.values():
                    found[wanted.role] = match
                    break
        return found

    def missing(self, mapping: RowMapping) -> tuple[Role, ...]:
        """Needed roles that no column has."""
        roles = (column.role for column in self.columns if column.needed)
        return tuple(role for role in roles if role not in mapping)


@lru_cache(1024)
def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _ending(end: str, names: Iterable[str]) -> str | None:
    return next((name for name in names if name.endswith(end)), None)
