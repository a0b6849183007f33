"""Money: an exact amount with its ISO 4217 code. Never a float, never without a currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from babel.numbers import get_currency_precision, list_currencies

from engine.domain.errors import Invalid


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """All codes of ISO 4217 known to CLDR."""
    return frozenset(list_currencies())


def exact(value: Any) -> Decimal:
    """The exact decimal of an int, a Decimal or a text such as ``"1234.50"``; raises ``Invalid`` CRM-020.

    A float is taken by its shortest text (0.1 is 0.1); that is how JSON numbers of a form arrive.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise Invalid("CRM-020", f"{value!r} is not a number.", fix="Send a number such as 1234.50.")
    try:
        number = Decimal(str(value).strip()) if isinstance(value, (float, str)) else Decimal(value)
    except InvalidOperation:
        raise Invalid("CRM-020", f"{value!r} is not a number.", fix="Send a number such as 1234.50.") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise Invalid("CRM-020", f"{value!r} is not a finite number of a sensible size.", fix="Send fewer digits.")
    return number


def plain(number: Decimal) -> str:
    """The number as text without an exponent: ``1E+3`` is ``1000``."""
    return format(number, "f")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency, rounded to the currency's smallest unit (half to even)."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, value: Any, currency: str) -> Money:
        """From ``{"amount", "currency"}`` or a bare number in ``currency``; raises ``Invalid`` CRM-020/021."""
        if isinstance(value, Mapping):
            unknown = set(value) - {"amount", "currency"}
            if unknown or value.get("amount") is None:
                raise Invalid("CRM-021", "Money has exactly 'amount' and 'currency'.", fix="Mend the value.")
            currency = value.get("currency") or currency
            value = value["amount"]
        if currency not in currencies():
            raise Invalid("CRM-021", f"'{currency}' is not an ISO 4217 currency.", fix="Use a code such as EUR.")
        unit = Decimal(1).scaleb(-get_currency_precision(currency))
        return cls(exact(value).quantize(unit, rounding=ROUND_HALF_EVEN), currency)

    def as_data(self) -> dict[str, str]:
        """How records store it: ``{"amount": "12.50", "currency": "EUR"}``."""
        return {"amount": plain(self.amount), "currency": self.currency}
