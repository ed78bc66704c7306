"""Whose an e-mail address is (S2): case-insensitive, primary or verified secondary."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import IntegerField, Value
from django.db.models.functions import Lower

from almanakka.accounts.models import Company, User


def resolve(company: Company | UUID, addresses: Iterable[str]) -> dict[str, UUID]:
    """The active users of ``company`` behind ``addresses``, keyed by address as given.

    The unknown are left out. One query, or none for no addresses. A primary address goes before somebody
    else's secondary one.
    """
    folded = {address: address.strip().lower() for address in addresses}
    wanted = sorted(set(folded.values()) - {""})
    if not wanted:
        return {}
    company_id = company.pk if isinstance(company, Company) else company
    primary = (
        User.objects.filter(company_id=company_id, is_active=True)
        .annotate(address=Lower("email"), rank=Value(0, IntegerField()))
        .filter(address__in=wanted)
        .values_list("address", "rank", "id")
    )
    secondary = (
        EmailAddress.objects.filter(user__company_id=company_id, user__is_active=True, verified=True)
        .annotate(address=Lower("email"), rank=Value(1, IntegerField()))
        .filter(address__in=wanted)
        .values_list("address", "rank", "user_id")
    )
    owners: dict[str, UUID] = {}
    for address, _rank, user_id in sorted(primary.union(secondary, all=True)):
        owners.setdefault(address, user_id)
    return {address: owners[key] for address, key in folded.items() if key in owners}


def of(user: User) -> list[str]:
    """Every address that is ``user``'s: the primary one, then the verified secondary ones by alphabet."""
    secondary = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    primary = user.email.lower()
    return [primary, *sorted({address.lower() for address in secondary} - {primary})]


def list_primary(user: User) -> EmailAddress:
    """Return the row of ``user``'s primary address, made if there is none, as the one that is primary."""
    row, _made = EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": False})
    if not row.primary:
        EmailAddress.objects.filter(user=user, primary=True).update(primary=False)
        row.primary = True
        row.save(update_fields=["primary"])
    return row


def prove(user: User) -> None:
    """Note that ``user`` has shown the primary address to be theirs, otherwise than by a mailed link of allauth's."""
    row = list_primary(user)
    if not row.verified:
        row.verified = True
        row.save(update_fields=["verified"])
