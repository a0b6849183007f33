"""Built-ins on numbers (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

import decimal as d
from decimal import Decimal

from engine.feel.builtins.base import builtin
from engine.feel.decimals import CONTEXT, ZERO
from engine.feel.durations import Days, Months
from engine.feel.faults import Unfit

_WIDE = d.Context(prec=7000, Emin=-6200, Emax=6200, traps=[d.InvalidOperation, d.Overflow])


def _rounded(value: Decimal, scale: Decimal | None, mode: str) -> Decimal:
    places = 0 if scale is None else whole(scale, "scale")
    if not -6111 <= places <= 6176:
        raise Unfit("the scale must be between -6111 and 6176")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return value
    out = value.quantize(Decimal(1).scaleb(-places, _WIDE), rounding=mode, context=_WIDE)
    if places < 0:
        out = out.quantize(Decimal(1), context=_WIDE)
    return CONTEXT.plus(out) if out else ZERO


def whole(value: Decimal, name: str) -> int:
    """An argument that counts something, cut to a whole number."""
    if value.adjusted() > 15:
        raise Unfit(f"the {name} is too large")
    return int(value)


@builtin("decimal(n: number, scale: number)")
def to_scale(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, d.ROUND_HALF_EVEN)


@builtin("floor(n: number)", "floor(n: number, scale: number)")
def floor(n: Decimal, scale: Decimal | None = None) -> Decimal:
    return _rounded(n, scale, d.ROUND_FLOOR)


@builtin("ceiling(n: number)", "ceiling(n: number, scale: number)")
def ceiling(n: Decimal, scale: Decimal | None = None) -> Decimal:
    return _rounded(n, scale, d.ROUND_CEILING)


@builtin("round up(n: number, scale: number)")
def round_up(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, d.ROUND_UP)


@builtin("round down(n: number, scale: number)")
def round_down(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, d.ROUND_DOWN)


@builtin("round half up(n: number, scale: number)")
def round_half_up(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, d.ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number)")
def round_half_down(n: Decimal, scale: Decimal) -> Decimal:
    return _rounded(n, scale, d.ROUND_HALF_DOWN)


@builtin("modulo(dividend: number, divisor: number)")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """``dividend - divisor * floor(dividend / divisor)``: takes the sign of the divisor."""
    if not divisor:
        raise Unfit("the divisor is zero")
    quotient = CONTEXT.divide(dividend, divisor)
    if quotient.adjusted() > 33:
        return _exact_modulo(dividend, divisor)
    return CONTEXT.subtract(dividend, CONTEXT.multiply(divisor, _rounded(quotient, None, d.ROUND_FLOOR)))


def _exact_modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    rest = _WIDE.remainder(dividend, divisor)
    return CONTEXT.plus(_WIDE.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest)


@builtin("sqrt(number: number)")
def sqrt(number: Decimal) -> Decimal:
    if number < 0:
        raise Unfit("the number is negative")
    return CONTEXT.sqrt(number)


@builtin("log(number: number)")
def log(number: Decimal) -> Decimal:
    if number <= 0:
        raise Unfit("the number is not positive")
    return CONTEXT.ln(number)


@builtin("exp(number: number)")
def exp(number: Decimal) -> Decimal:
    return CONTEXT.exp(number)


@builtin("odd(number: number)")
def odd(number: Decimal) -> bool:
    return abs(_WIDE.remainder(number, Decimal(2))) == 1


@builtin("even(number: number)")
def even(number: Decimal) -> bool:
    return _WIDE.remainder(number, Decimal(2)) == 0


@builtin("abs(n: number)", "abs(n: duration)")
def absolute(n: Decimal | Days | Months) -> Decimal | Days | Months:
    if isinstance(n, Days):
        return Days(abs(n.nanos))
    return Months(abs(n.months)) if isinstance(n, Months) else CONTEXT.abs(n)
