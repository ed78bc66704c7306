"""The people of the example company: an administrator and as many others as are asked for."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import product

COMPANY = "Esimerkki Oy"
DOMAIN = "esimerkki.test"
ZONE = "Europe/Helsinki"
ADMINISTRATOR = "Aino Laine"

FIRST_NAMES = "Eero Helmi Väinö Siiri Onni Lumi Arvo Venla Toivo Saga Oiva Elsa Nuutti Hilla Urho Pihla"
LAST_NAMES = "Virtanen Mäkelä Korhonen Öhman Nieminen Åkerlund Heikkinen Järvinen Salo Rantala"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as both systems know them; Microsoft has ``alias`` as a further address (S2)."""

    name: str
    address: str
    alias: str


def administrator() -> Somebody:
    return _somebody(ADMINISTRATOR)


def people(number: int) -> list[Somebody]:
    """Return that many people without special rights, each with a name of their own."""
    names = [f"{first} {last}" for last, first in product(LAST_NAMES.split(), FIRST_NAMES.split())]
    shuffled = [names[index * 37 % len(names)] for index in range(len(names))]
    while len(shuffled) < number:
        shuffled += [f"{name} {len(shuffled) // len(names) + 1}" for name in shuffled[: len(names)]]
    return [_somebody(name) for name in shuffled[:number]]


def _somebody(name: str) -> Somebody:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    first, *rest = plain.split()
    return Somebody(name, f"{first}.{'.'.join(rest)}@{DOMAIN}", f"{'.'.join(rest)}.{first}@{DOMAIN}")
