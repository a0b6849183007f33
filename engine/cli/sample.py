"""Made-up records for the demo: seeded, so that everybody sees the same ones. What is made is said by the packs' data.

A sample in a pack's ``demo.yaml``::

    - kind: lead
      count: 40
      seed: 7
      locales: [en_GB, zh_CN]         # names and towns of these countries, in turn
      start: check-order              # definition to start for each
      fields:
        name: {faker: name}           # a provider of Faker
        source: {one: {website: 5, referral: 1}}      # with weights
        employees: {between: [5, 900]}
        budget: {between: [1000, 90000], step: 500}
        country: {by: {en_GB: GB, zh_CN: CN}}         # by the row's locale
        note: {value: from the fair, chance: 0.5}
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from faker import Faker

from engine.domain.commands import ImportRow
from engine.domain.errors import Invalid


def rows(sample: Mapping[str, Any]) -> Iterator[ImportRow]:
    """The rows of one sample, the same on every call; known as ``lead-0001`` … Raises CRM-069 for a bad field."""
    dice = random.Random(sample.get("seed", 1))  # noqa: S311 (a sample, not a secret)
    locales = list(sample.get("locales") or ["en_GB"])
    fakers = {locale: _faker(locale, dice.randrange(1 << 30)) for locale in locales}
    for number in range(1, int(sample["count"]) + 1):
        locale = locales[(number - 1) % len(locales)]
        data = {
            field: value
            for field, spec in sample["fields"].items()
            if (value := _value(field, spec, fakers[locale], locale, dice)) is not None
        }
        yield ImportRow(number, data, f"{sample['kind']}-{number:04}")


def _faker(locale: str, seed: int) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(seed)
    return faker


def _value(field: str, spec: Mapping[str, Any], faker: Faker, locale: str, dice: random.Random) -> Any:
    skipped = dice.random() >= float(spec.get("chance", 1))
    if "faker" in spec:
        made = getattr(faker, str(spec["faker"]))(**spec.get("with", {}))  # drawn even when skipped: rows stay the same
    elif "one" in spec:
        choices = spec["one"] if isinstance(spec["one"], Mapping) else dict.fromkeys(spec["one"], 1)
        made = dice.choices(list(choices), weights=list(choices.values()))[0]
    elif "between" in spec:
        low, high = spec["between"]
        made = dice.randrange(low, high + 1, int(spec.get("step", 1)))
    elif "by" in spec:
        made = spec["by"].get(locale)
    elif "value" in spec:
        made = spec["value"]
    else:
        raise Invalid(
            "CRM-069",
            f"The sample's field '{field}' says nothing to make.",
            fix="Give faker, one, between, by or value.",
        )
    return None if skipped else made
