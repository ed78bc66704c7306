"""Who is behind an address (S2)."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from almanakka.accounts import addresses
from almanakka.accounts.models import Company, User


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(name="Kuusi")


@pytest.fixture
def aino(company: Company) -> User:
    return User.objects.create_user("Aino@Kuusi.example", company=company, full_name="Aino Aalto")


def secondary(user: User, address: str, *, verified: bool = True) -> None:
    EmailAddress.objects.create(user=user, email=address, verified=verified)


def test_a_person_is_found_by_primary_and_verified_secondary_address_in_any_case_S2(
    company: Company, aino: User
) -> None:
    secondary(aino, "a.aalto@kuusi.example")
    asked = ["AINO@kuusi.EXAMPLE", " aino@kuusi.example ", "A.Aalto@Kuusi.example", "nobody@kuusi.example", ""]
    assert addresses.resolve(company, asked) == dict.fromkeys(asked[:3], aino.pk)
    assert addresses.resolve(company.pk, iter(asked[:1])) == {asked[0]: aino.pk}


def test_an_unverified_address_is_nobodys_S2(company: Company, aino: User) -> None:
    secondary(aino, "claimed@kuusi.example", verified=False)
    assert addresses.resolve(company, ["claimed@kuusi.example"]) == {}
    assert addresses.of(aino) == ["aino@kuusi.example"]


def test_people_of_other_companies_and_inactive_ones_are_not_found_S2(company: Company, aino: User) -> None:
    other = Company.objects.create(name="Paju")
    secondary(aino, "second@kuusi.example")
    asked = ["aino@kuusi.example", "second@kuusi.example"]
    assert addresses.resolve(other, asked) == {}
    aino.is_active = False
    aino.save()
    assert addresses.resolve(company, asked) == {}


def test_a_primary_address_goes_before_somebody_elses_secondary_one(company: Company, aino: User) -> None:
    eero = User.objects.create_user("eero@kuusi.example", company=company)
    secondary(aino, "eero@kuusi.example")
    assert addresses.resolve(company, ["eero@kuusi.example"]) == {"eero@kuusi.example": eero.pk}


def test_any_number_of_addresses_is_one_query(company: Company, aino: User, django_assert_num_queries: Any) -> None:
    for count in (1, 500):
        with django_assert_num_queries(1):
            addresses.resolve(company, [f"person{number}@kuusi.example" for number in range(count)])
    with django_assert_num_queries(0):
        assert addresses.resolve(company, []) == {}


def test_a_persons_addresses_begin_with_the_primary_one(aino: User) -> None:
    for address in ("z@kuusi.example", "B@kuusi.example", "aino@kuusi.example"):
        secondary(aino, address)
    assert addresses.of(aino) == ["aino@kuusi.example", "b@kuusi.example", "z@kuusi.example"]


def test_a_primary_address_belongs_to_one_user_in_whatever_case_S2(company: Company, aino: User) -> None:
    with pytest.raises(ValidationError, match="already has this"):
        User(email="AINO@kuusi.example", company=company, password="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="AINO@kuusi.example", company=company)])
