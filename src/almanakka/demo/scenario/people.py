"""The people of the example companies: in each an administrator and as many others as are asked for."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import product

ZONE = "Europe/Helsinki"

FIRST_NAMES = "Eero Helmi Väinö Siiri Onni Lumi Arvo Venla Toivo Saga Oiva Elsa Nuutti Hilla Urho Pihla"
LAST_NAMES = "Virtanen Mäkelä Korhonen Öhman Nieminen Åkerlund Heikkinen Järvinen Salo Rantala"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An example company: its name, the domain of its addresses, and who administers it."""

    name: str
    domain: str
    administrator: str


#: The one has its calendars in Microsoft 365, the other on an Exchange Server of its own.
IN_CLOUD = Organisation("Esimerkki Oy", "esimerkki.test", "Aino Laine")
ON_PREMISES = Organisation("Malli Oy", "malli.test", "Kaisa Laine")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as both systems know them; Microsoft has ``alias`` as a further address (S2)."""

    name: str
    address: str
    alias: str


def administrator(of: Organisation = IN_CLOUD) -> Somebody:
    return _somebody(of.administrator, of.domain)


def people(number: int, of: Organisation = IN_CLOUD) -> list[Somebody]:
    """Return that many people without special rights, each with a name of their own."""
    names = [f"{first} {last}" for last, first in product(LAST_NAMES.split(), FIRST_NAMES.split())]
    shuffled = [names[index * 37 % len(names)] for index in range(len(names))]
    while len(shuffled) < number:
        shuffled += [f"{name} {len(shuffled) // len(names) + 1}" for name in shuffled[: len(names)]]
    return [_somebody(name, of.domain) for name in shuffled[:number]]


def _somebody(name: str, domain: str) -> Somebody:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    first, *rest = plain.split()
    return Somebody(name, f"{first}.{'.'.join(rest)}@{domain}", f"{'.'.join(rest)}.{first}@{domain}")
