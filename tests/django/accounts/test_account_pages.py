"""Signing in, one's profile, and the company's people as pages."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from almanakka.accounts.models import Company, Role, User
from visits import signed_in, text

PASSWORD = "kuura-ja-hanki-77"


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(name="Kuura Oy")


@pytest.fixture
def boss(company: Company) -> User:
    return User.objects.create_user("pomo@kuura.example", PASSWORD, company=company, role=Role.ADMINISTRATOR)


@pytest.fixture
def aino(company: Company) -> User:
    return User.objects.create_user("aino@kuura.example", PASSWORD, company=company, full_name="Aino Kuura")


def test_people_sign_in_with_their_address_and_out_again(client: Client, aino: User) -> None:
    given = {"login": "AINO@kuura.example", "password": PASSWORD}
    assert client.post("/accounts/login/", given).headers["Location"] == "/"
    assert "Aino Kuura" in text(client.get("/"))
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_a_short_password_is_refused_in_the_readers_language(aino: User) -> None:
    aino.language = "fi"
    aino.save()
    given = {"oldpassword": PASSWORD, "password1": "kuu-77", "password2": "kuu-77"}
    page = text(signed_in(aino).post("/accounts/password/change/", given))
    assert "Tämä salasana on liian lyhyt: siinä on oltava vähintään 10 merkkiä." in page


def test_a_wrong_password_tells_nothing_of_who_is_known(client: Client, aino: User) -> None:
    known = text(client.post("/accounts/login/", {"login": aino.email, "password": "wrong"}))
    unknown = text(client.post("/accounts/login/", {"login": "nobody@kuura.example", "password": "wrong"}))
    for each in (known, unknown):
        assert "The e-mail address or the password is not right." in each


def test_nobody_signs_up(client: Client, company: Company) -> None:
    client.post("/accounts/signup/", {"email": "x@y.example", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.exists()


def test_a_profile_is_changed_and_pages_follow_it(aino: User) -> None:
    client = signed_in(aino)
    client.post("/profile/", {"full_name": "Aino K.", "language": "sv", "time_zone": "Asia/Kolkata"})
    aino.refresh_from_db()
    assert (aino.full_name, aino.language, aino.zone.key) == ("Aino K.", "sv", "Asia/Kolkata")
    assert '<html lang="sv">' in text(client.get("/profile/"))
    client.post("/profile/", {"full_name": "Aino K.", "language": "", "time_zone": "Not/AZone"})
    aino.refresh_from_db()
    assert aino.time_zone == "Asia/Kolkata"


def test_a_profile_page_changes_nobody_elses_role_or_company(aino: User) -> None:
    other = Company.objects.create(name="Toinen")
    signed_in(aino).post("/profile/", {"full_name": "A", "role": "administrator", "company": str(other.pk)})
    aino.refresh_from_db()
    assert (aino.role, aino.company.name) == (Role.EMPLOYEE, "Kuura Oy")


def test_an_address_that_is_taken_is_not_invited(boss: User, aino: User) -> None:
    page = signed_in(boss).post("/settings/users/", {"email": "AINO@kuura.example", "role": "employee"})
    assert "already has this e-mail address" in text(page)
    assert not mail.outbox


def test_an_administrator_ends_signing_in_but_not_their_own(boss: User, aino: User) -> None:
    client = signed_in(boss)
    for person, active in ((aino, False), (boss, True)):
        client.post(f"/settings/users/{person.pk}/active", {"active": "no"})
        person.refresh_from_db()
        assert person.is_active is active


def test_another_companys_people_are_out_of_reach(boss: User) -> None:
    other = User.objects.create_user("x@y.example", company=Company.objects.create(name="Toinen"))
    client = signed_in(boss)
    assert "x@y.example" not in text(client.get("/settings/users/"))
    assert client.post(f"/settings/users/{other.pk}/active", {"active": "no"}).status_code == 404


def test_the_company_is_changed_by_administrators_only(boss: User, aino: User) -> None:
    given = {"name": "Hanki Oy", "language": "fi", "time_zone": "Europe/Stockholm"}
    assert signed_in(aino).post("/settings/company/", given).status_code == 403
    signed_in(boss).post("/settings/company/", given)
    assert Company.objects.get().name == "Hanki Oy"


@pytest.mark.parametrize("path", ["/help/", "/profile/", "/accounts/email/", "/accounts/password/change/"])
def test_pages_open(aino: User, path: str) -> None:
    assert signed_in(aino).get(path).status_code == 200


def test_the_address_one_signs_in_with_is_the_main_one_and_stays(aino: User) -> None:
    client = signed_in(aino)
    page = text(client.get("/accounts/email/"))
    assert "main address, not confirmed yet" in page
    assert "action_remove" not in page
    client.post("/accounts/email/", {"action_add": "", "email": "toinen@kuura.example"})
    assert "Remove toinen@kuura.example" in text(client.get("/accounts/email/"))
    client.post("/accounts/email/", {"action_remove": "", "email": aino.email})
    assert aino.emailaddress_set.filter(email=aino.email, primary=True).exists()
