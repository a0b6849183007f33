"""FEEL's numbers: decimal with 34 digits, half even (DMN 1.5, 10.3.2.3.1: IEEE 754 decimal128)."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import lru_cache

CONTEXT = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    traps=[DivisionByZero, InvalidOperation, Overflow],
)
ZERO = Decimal(0)
ONE = Decimal(1)
SMALL = {n: Decimal(n) for n in range(-128, 1025)}  # everyday whole numbers, made once


def from_int(value: int) -> Decimal | None:
    """A whole number of any size, rounded to 34 digits; None beyond the range of decimal128."""
    small = SMALL.get(value)
    if small is not None:
        return small
    if value.bit_length() > 20_500:
        return None
    return CONTEXT.plus(Decimal(value))


@lru_cache(maxsize=4096)
def from_float(value: float) -> Decimal | None:
    """A float by its shortest text, as people wrote it; None for infinities and not-a-number."""
    text = repr(value)
    return None if text[-1] in "fn" else CONTEXT.create_decimal(text)


def text_of(value: Decimal) -> str:
    """Plain notation, never scientific; zero has no sign."""
    if not value:
        return "0" if value.adjusted() < -34 else format(abs(value), "f")
    return format(value, "f")


def whole(value: Decimal) -> bool:
    """Whether the number has no fraction."""
    return value == value.to_integral_value()
