"""The judgement of an office: what was undone is as it was, and all else holds as if people had done it by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

from almanakka.sync.entry import Group

from .afterthoughts import Afterthoughts
from .company import Ours, Theirs
from .deeds import Life
from .judgement import Judgement
from .memory import as_theirs
from .remembered import HERE, Edit, Remembered
from .values import token_of, value


class Hindsight(Judgement):
    """Everything that is wrong with an office at rest."""

    def __init__(self, life: Life) -> None:
        super().__init__(life)
        assert isinstance(life, Afterthoughts)
        self.life = life

    def _all(self) -> Iterator[str]:
        yield from self.life.wrong
        told = Counter(token_of(as_theirs(event)) for event in self.life.company.told())
        for token, number in told.items():
            if number > self.life.yeses[token]:
                yield f"{number} mails were sent about {token}, and {self.life.yeses[token]} times somebody said yes"
        yield from self._not_done()
        yield from super()._all()

    def _not_done(self) -> Iterator[str]:
        """What an organiser said yes to reaches the calendars, if nothing has come in between (B1)."""
        for token, edit, edits, troubles in self.life.agreed:
            life, rows = self.tokens[token], self.here.get(token, [])
            quiet = len(life.edits) == edits and self.life.troubles == troubles and not life.deleted and len(rows) == 1
            # of a series with exceptions people would be told once for each
            odd = bool(rows) and isinstance(edit.key, Group) and _has_exceptions(rows[0])
            odd = odd or life.several or life.copied or life.loose or life.twin or life.stayed_home or life.apart
            if not quiet or odd or life.edited_received or rows[0].owner not in self.enabled or self._is_held(token):
                self.excused["what an organiser said yes to, and more"] += 1
            elif value(rows[0], edit.key) != edit.value:
                yield f"{token}: {edit} was said yes to, and has come to nothing"

    def _pair(self, person: str, token: str, here: list[Ours], there: list[Theirs], cutoff: object) -> Iterator[str]:
        life = self.tokens[token]
        # who has had their own part in it undone follows no activity that comes of a colleague's copy later
        if any(person == each for each, _ in life.apart) or (life.apart and person in life.left):
            self.excused["undone that there is one on the other side"] += 1
            return
        if life.meeting and self.life.company.suspended:
            self.excused["a meeting of somebody whose calendar rests"] += 1
            return
        yield from super()._pair(person, token, here, there, cutoff)

    def _stays_home(self, what: str, person: str, life: Remembered, there: list[Theirs]) -> Iterator[str]:
        if life.stays:
            self.excused["said to stay"] += 1
            return
        yield from super()._stays_home(what, person, life, there)

    def _kept(self, token: str, life: Remembered) -> Iterator[str]:
        rows = self.here.get(token, [])
        split = life.copied or life.loose or (life.twin and life.stayed_home) or self._is_split(life)
        # what somebody's edit has kept is theirs alone, as it was gone for all others (row 6)
        kept = {edit.place for deletion in life.deletions for edit in deletion.beside} - {HERE}
        most = max(Counter(person for each in rows for person in each.people).values(), default=0)
        # two people who have each had another activity of it made again have two
        remade = min((len(set(each)) for each in zip(*life.remade, strict=True)), default=0)
        if remade and not split and (len(rows) > remade + len(kept) or most > remade):
            yield f"{token} was made again, and is {len(rows)} activities"
        yield from super()._kept(token, life)

    def _no_lost_edit(self, token: str, life: Remembered) -> Iterator[str]:
        if life.apart:
            self.excused["undone that there is one on the other side"] += 1
            return
        yield from super()._no_lost_edit(token, life)

    def _wrongly_decided(self, token: str, life: Remembered, final: Hashable, edits: Sequence[Edit]) -> Iterator[str]:
        if any(edit.key in life.given_back for edit in edits):
            self.excused["given back by an undoing"] += 1
            return
        yield from super()._wrongly_decided(token, life, final, edits)

    def _after_deletion(self, token: str, life: Remembered) -> Iterator[str]:
        if life.remade:
            self.excused["made again after it was deleted"] += 1
            if len(life.deletions) <= life.remade_after and not self._goes_its_way(life) and not self.here.get(token):
                yield f"{token} was made again, and is not here"
            return
        if life.back:
            self.excused["wanted back after it was deleted"] += 1
            if len(life.deletions) <= life.back and not self._goes_its_way(life) and not self.here.get(token):
                yield f"{token} was wanted back, and is not here"
            return
        for problem in super()._after_deletion(token, life):
            if "was edited while" in problem and (life.swept or self._outvoted(life)):  # a person has said that it goes
                self.excused["a deletion that goes before an edit"] += 1
            elif "is here again" in problem and self._undone_besides(life):
                self.excused["deleted by hand while its undoing was under way"] += 1
            else:
                yield problem

    def _undone_besides(self, life: Remembered) -> bool:
        """Whether somebody who has deleted it by hand was undoing that there is one on the other side (B4)."""
        deleters = {deletion.person for deletion in life.deletions}
        return any(person in deleters for person, _ in life.apart)

    def _goes_its_way(self, life: Remembered) -> bool:
        return bool(life.apart or life.copied or life.loose or life.stayed_home or life.left)

    def _outvoted(self, life: Remembered) -> bool:
        """Whether what was deleted said, by an edit of its own, what goes before the edit that is missed (B5)."""
        own = {
            (edit.key, edit.value)
            for deletion in life.deletions
            for edit in life.edits
            if edit.place == deletion.place and edit.value == deletion.said.get(edit.key)
        }
        return any((edit.key, each.said.get(edit.key)) in own for each in life.deletions for edit in each.pending)


def _has_exceptions(ours: Ours) -> bool:
    return bool(ours.stored.cancelled or ours.stored.departures)
