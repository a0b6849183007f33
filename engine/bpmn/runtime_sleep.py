"""Tokens that sleep: of many that hang on a loop, a command wakes only those it touches.

A thousand parallel items are a thousand tokens, and completing one of them concerns that one and its loop. The
codec leaves the others as the bytes they were stored in and writes these back; whoever asks for a token by key,
or looks at all of them, wakes what it sees, so nothing but the cost tells a sleeping token from a waking one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from engine.bpmn.specs.base import ERROR, READY, Token

if TYPE_CHECKING:
    from engine.bpmn.runtime_flow import Instance

_BED = 64  # tokens of one bed
#: What others look for among all tokens; a token that has one of these stays awake.
_WATCHED = frozenset({"condition", "signal", "gather", "came"})


class Bed:
    """Some sleeping tokens that hang on the same one: packed until one of them is asked for."""

    __slots__ = ("high", "host", "low", "packed", "rows")

    def __init__(self, host: int, low: int, high: int, packed: bytes | None, rows: dict[int, Any] | None) -> None:
        self.host = host
        self.low = low  # keys from …
        self.high = high  # … to, both included
        self.packed = packed
        self.rows = rows  # key → stored row, once it was unpacked


class Ward:
    """The sleeping tokens of one scope."""

    __slots__ = ("beds", "instance", "place", "scope", "unpack")

    def __init__(
        self,
        instance: Instance,
        scope: Any,
        beds: list[Bed],
        place: Callable[[int, Any], None],
        unpack: Callable[[bytes], dict[int, Any]],
    ) -> None:
        self.instance = instance
        self.scope = scope
        self.beds = beds
        self.place = place  # makes the token of a key from its stored row
        self.unpack = unpack

    def rows(self, bed: Bed) -> dict[int, Any]:
        """The rows of a bed, unpacked now if they were not."""
        if bed.rows is None:
            assert bed.packed is not None
            bed.rows, bed.packed = self.unpack(bed.packed), None
        return bed.rows

    def find(self, key: Any) -> Bed | None:
        """Where a token sleeps, if it does here."""
        for bed in self.beds:
            if bed.low <= key <= bed.high and key in self.rows(bed):
                return bed
        return None

    def wake(self, bed: Bed, key: int) -> Token:
        """The token of this key, from its row."""
        self.place(key, self.rows(bed).pop(key))
        token: Token = dict.__getitem__(self.instance.tokens, key)
        return token

    def wake_all(self, host: int | None = None) -> None:
        """Wake everything (that hangs on ``host``); tokens are then in the order of their keys, as they were made."""
        beds = [bed for bed in self.beds if host in (None, bed.host)]
        for bed in beds:
            for key in list(self.rows(bed)):
                self.wake(bed, key)
            self.beds.remove(bed)
        if not beds:
            return
        for shelf in (self.scope.tasks, self.instance.tokens):
            ordered = sorted(dict.items(shelf))
            dict.clear(shelf)
            dict.update(shelf, ordered)


class Shelf(dict[int, Token]):
    """Tokens by key, some of them asleep. Reading one wakes it, reading all wakes all."""

    __slots__ = ("wards",)

    def __init__(self, awake: dict[int, Token], wards: tuple[Ward, ...]) -> None:
        super().__init__(awake)
        self.wards = wards

    def __missing__(self, key: int) -> Token:
        for ward in self.wards:
            if (bed := ward.find(key)) is not None:
                return ward.wake(bed, key)
        raise KeyError(key)

    def get(self, key: Any, default: Any = None) -> Any:
        found = dict.get(self, key)
        if found is None and key is not None:
            for ward in self.wards:
                if (bed := ward.find(key)) is not None:
                    return ward.wake(bed, key)
        return default if found is None else found

    def pop(self, key: Any, *default: Any) -> Any:
        self.get(key)
        return super().pop(key, *default)

    def values(self) -> Any:
        return self._woken().values()

    def items(self) -> Any:
        return self._woken().items()

    def keys(self) -> Any:
        return self._woken().keys()

    def __iter__(self) -> Iterator[int]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or any(ward.find(key) is not None for ward in self.wards)

    def _woken(self) -> Any:
        for ward in self.wards:
            ward.wake_all()
        return super()


def lay(host: Any, key: int, row: Any, beds: list[Bed]) -> None:
    """Put a token's row where it slept before, else into the last bed of its host, or a new one."""
    for bed in beds:
        if bed.rows is not None and bed.host == host and bed.low <= key <= bed.high:
            bed.rows[key] = row
            return
    last = next((bed for bed in reversed(beds) if bed.host == host), None)
    if last is None or last.rows is None or len(last.rows) >= _BED or key < last.high:
        beds.append(Bed(host, key, key, None, {key: row}))
    else:
        last.rows[key], last.high = row, key


def awake(tasks: dict[int, Token]) -> list[Token]:
    """The tokens that do not sleep, in the order of their making, whenever they woke."""
    return [token for _, token in sorted(dict.items(tasks), key=itemgetter(0))]


def hanging(tasks: dict[int, Token], host: int) -> list[Token]:
    """The tokens that hang on this one."""
    if isinstance(tasks, Shelf):
        for ward in tasks.wards:
            ward.wake_all(host)
    return [token for token in dict.values(tasks) if token.host == host]


def may_sleep(token: Token, instance: Instance) -> bool:
    """Whether only its key can call this token: it hangs on another and waits for its own task, call or event."""
    inner = token.internal_data
    return (
        token.host is not None
        and "open" in inner
        and token.state not in (READY, ERROR)
        and token.id not in instance.subprocesses
        and _WATCHED.isdisjoint(inner)
    )
