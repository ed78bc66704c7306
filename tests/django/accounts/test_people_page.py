"""Settings > People: invitations, administrators, and who may sign in (S12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone, translation

from almanakka.accounts import people_page, signals
from almanakka.accounts.invitations import TOKENS
from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import Activity, ActivityType, Category, Participant
from visits import text

PASSWORD = "kuura-ja-hanki-77"
PAGE = "/settings/users/"


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(name="Kuura Oy")


@pytest.fixture
def boss(company: Company) -> User:
    return User.objects.create_user(
        "pomo@kuura.example", PASSWORD, company=company, role=Role.ADMINISTRATOR, full_name="Pomo Kuura"
    )


@pytest.fixture
def aino(company: Company) -> User:
    return User.objects.create_user("aino@kuura.example", PASSWORD, company=company, full_name="Aino Kuura")


@pytest.fixture
def as_boss(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def invited(as_boss: Client, address: str = "uusi@kuura.example") -> tuple[User, str]:
    """Invite somebody; return them and the link that was mailed."""
    as_boss.post(PAGE, {"email": address, "full_name": "Uusi", "role": "employee"})
    link = next(word for word in mail.outbox[-1].body.split() if "/accounts/invitation/" in word)
    return User.objects.get(email=address), link.removeprefix("http://testserver")


def chosen(link: str, client: Client | None = None) -> Any:
    return (client or Client()).post(link, {"new_password1": PASSWORD, "new_password2": PASSWORD}, follow=True)


def test_s12_the_link_in_an_invitation_proves_the_address_and_signs_in(as_boss: Client) -> None:
    person, link = invited(as_boss)
    (letter,) = mail.outbox
    assert letter.to == [person.email]
    assert letter.subject == "Kuura Oy invites you to Almanakka"
    assert "Kuura Oy has invited you" in text(Client().get(link))
    assert "Uusi" in text(chosen(link))
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=person).verified


def test_an_invitation_is_good_once(as_boss: Client) -> None:
    _person, link = invited(as_boss)
    chosen(link)
    again = Client().get(link)
    assert (again.status_code, "This invitation is no longer valid" in text(again)) == (410, True)


def test_an_invitation_is_good_for_three_days(as_boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _person, link = invited(as_boss)
    now = TOKENS._now()
    monkeypatch.setattr(TOKENS, "_now", lambda: now + timedelta(days=3, seconds=5))
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize(
    ("language", "differ", "nothing", "strange"),
    [
        ("en", "The two passwords are not the same.", "Choose a password, and write it twice.", "This is no e-mail"),
        ("fi", "Salasanat eivät ole samat.", "Valitse salasana ja kirjoita se kahdesti.", "Tämä ei ole sähköposti"),
        ("sv", "Lösenorden är inte lika.", "Välj ett lösenord och skriv det två gånger.", "Det här är ingen e-post"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_in_our_words(
    as_boss: Client, boss: User, language: str, differ: str, nothing: str, strange: str
) -> None:
    _person, link = invited(as_boss)
    guest = Client(headers={"accept-language": language})
    assert differ in text(guest.post(link, {"new_password1": PASSWORD, "new_password2": "other"}))
    assert text(guest.post(link, {"new_password1": "", "new_password2": ""})).count(nothing) == 2
    boss.language = language
    boss.save()
    assert strange in text(as_boss.post(PAGE, {"email": "uusi", "role": "employee"}))


@pytest.mark.parametrize("change", ["token", "person"])
def test_a_forged_invitation_opens_nothing(as_boss: Client, boss: User, change: str) -> None:
    person, link = invited(as_boss)
    forged = link.replace(str(person.pk), str(boss.pk)) if change == "person" else f"{link[:-5]}00000/"
    assert chosen(forged).status_code == 410
    boss.refresh_from_db()
    assert boss.check_password(PASSWORD)
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_a_link_to_a_new_password_proves_no_address(as_boss: Client, aino: User) -> None:
    """It may have been sent to another address of theirs, which nobody has proven."""
    EmailAddress.objects.create(user=aino, email="muu@muualla.example", verified=False)
    Client().post("/accounts/password/reset/", {"email": "muu@muualla.example"})
    link = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    visitor = Client()
    page = visitor.get(link.removeprefix("http://testserver"), follow=True)
    visitor.post(page.redirect_chain[-1][0], {"password1": f"{PASSWORD}-2", "password2": f"{PASSWORD}-2"})
    aino.refresh_from_db()
    assert aino.check_password(f"{PASSWORD}-2")
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_somebody_who_has_not_come_is_invited_again(as_boss: Client) -> None:
    person, link = invited(as_boss)
    as_boss.post(f"{PAGE}{person.pk}/invite")
    assert [letter.to for letter in mail.outbox] == [[person.email]] * 2
    chosen(link)
    told = as_boss.post(f"{PAGE}{person.pk}/invite", follow=True)
    assert "Uusi has joined already" in text(told)
    assert len(mail.outbox) == 2


def test_an_invitation_is_withdrawn(as_boss: Client) -> None:
    person, link = invited(as_boss)
    assert "is withdrawn" in text(as_boss.post(f"{PAGE}{person.pk}/withdraw", follow=True))
    assert not User.objects.filter(pk=person.pk).exists()
    assert chosen(link).status_code == 410


def test_an_invitation_of_somebody_who_takes_part_already_is_withdrawn(
    as_boss: Client, company: Company, aino: User
) -> None:
    person, link = invited(as_boss)
    kind = ActivityType.objects.create(company=company, name="P", category=Category.CALENDAR_ENTRY)
    now = timezone.now()
    activity = Activity.objects.create(company=company, type=kind, owner=aino, start=now, end=now, time_zone="UTC")
    Participant.objects.create(activity=activity, user=person)
    as_boss.post(f"{PAGE}{person.pk}/withdraw")
    person.refresh_from_db()
    assert not person.is_active
    assert chosen(link).status_code == 410


def test_whoever_has_come_is_not_withdrawn(as_boss: Client, aino: User) -> None:
    as_boss.post(f"{PAGE}{aino.pk}/withdraw")
    assert User.objects.filter(pk=aino.pk, is_active=True).exists()


@pytest.mark.parametrize(
    ("language", "words"), [("fi", "kutsuu sinut Almanakkaan"), ("sv", "bjuder in dig till Almanakka")]
)
def test_an_invitation_is_in_the_language_of_whom_it_is_for(
    as_boss: Client, company: Company, boss: User, language: str, words: str
) -> None:
    User.objects.filter(pk=boss.pk).update(language="en")
    Company.objects.update(language=language)
    invited(as_boss)
    assert words in mail.outbox[-1].subject
    with translation.override("en"):
        assert "is on its way" in text(as_boss.get(PAGE))


def test_administrators_make_administrators_and_take_it_away(as_boss: Client, aino: User) -> None:
    as_boss.post(f"{PAGE}{aino.pk}/role", {"role": "administrator"})
    aino.refresh_from_db()
    assert aino.is_administrator
    as_boss.post(f"{PAGE}{aino.pk}/role", {"role": "employee"})
    aino.refresh_from_db()
    assert not aino.is_administrator
    as_boss.post(f"{PAGE}{aino.pk}/role", {"role": "owner"})
    aino.refresh_from_db()
    assert aino.role == Role.EMPLOYEE


def test_the_last_administrator_stays_one(as_boss: Client, boss: User, aino: User) -> None:
    User.objects.create_user("x@y.example", company=Company.objects.create(name="Toinen"), role=Role.ADMINISTRATOR)
    User.objects.filter(pk=aino.pk).update(role=Role.ADMINISTRATOR, is_active=False)
    told = as_boss.post(f"{PAGE}{boss.pk}/role", {"role": "employee"}, follow=True)
    assert "The company needs an administrator" in text(told)
    boss.refresh_from_db()
    assert boss.is_administrator
    User.objects.filter(pk=aino.pk).update(is_active=True)
    as_boss.post(f"{PAGE}{boss.pk}/role", {"role": "employee"})
    boss.refresh_from_db()
    assert not boss.is_administrator


def test_s12_whoever_comes_back_proves_the_address_again(as_boss: Client, boss: User, aino: User) -> None:
    heard: list[tuple[User, User]] = []

    def listen(user: User, acting: User, **_: Any) -> None:
        heard.append((user, acting))

    signals.deactivated.connect(listen)
    EmailAddress.objects.create(user=aino, email=aino.email, verified=True, primary=True)
    client = Client()
    client.force_login(aino)
    as_boss.post(f"{PAGE}{aino.pk}/active", {"active": "no"})
    signals.deactivated.disconnect(listen)
    assert heard == [(aino, boss)]
    assert client.get("/").status_code == 302, "signed out at once"
    assert not EmailAddress.objects.get(user=aino).verified
    as_boss.post(f"{PAGE}{aino.pk}/active", {"active": "yes"})
    aino.refresh_from_db()
    assert aino.is_active
    assert not EmailAddress.objects.get(user=aino).verified


def test_the_page_shows_how_people_stand(as_boss: Client, aino: User) -> None:
    EmailAddress.objects.create(user=aino, email=aino.email, verified=True)
    invited(as_boss)
    page = text(as_boss.get(PAGE))
    for words in ("address confirmed", "address not confirmed", "invited", "Invite again", "Withdraw"):
        assert words in page


def test_the_number_of_queries_does_not_grow_with_the_people(
    as_boss: Client, company: Company, django_assert_num_queries: Any
) -> None:
    as_boss.get(PAGE)
    for number in range(20):
        User.objects.create_user(f"{number}@kuura.example", company=company)
    with django_assert_num_queries(4):
        as_boss.get(PAGE)


def test_people_are_shown_page_by_page_and_found_by_name_and_address(
    as_boss: Client, company: Company, aino: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_page, "PAGE", 2)
    for name in ("Cecilia", "Daniel", "Erik"):
        User.objects.create_user(f"{name}@kuura.example", PASSWORD, company=company, full_name=name)
    User.objects.create_user("daniel@muu.example", PASSWORD, company=Company.objects.create(name="Toinen"))

    def names(**asked: str) -> list[str]:
        return [row.name for row in as_boss.get(PAGE, asked).context["rows"]]

    assert names() == ["Aino Kuura", "Cecilia"]
    assert names(page="3") == ["Pomo Kuura"]
    assert names(q="dAN") == names(q="daniel@") == ["Daniel"]
    assert "There are none." in text(as_boss.get(PAGE, {"q": "muu.example"}))
    back = as_boss.post(f"{PAGE}{aino.pk}/role", {"role": "administrator", "back": "q=kuura&page=2"})
    assert back.headers["Location"] == f"{PAGE}?q=kuura&page=2"


def test_nobody_takes_from_themselves_what_only_others_may(as_boss: Client, boss: User, aino: User) -> None:
    """One form holds the buttons of all; each is sent to its own person's address, with one word of its own."""
    User.objects.filter(pk=aino.pk).update(is_active=False)
    rows = {
        row.name: [(each.address, each.name, each.value) for each in row.deeds]
        for row in as_boss.get(PAGE).context["rows"]
    }
    assert rows["Pomo Kuura"] == [(f"{PAGE}{boss.pk}/role", "role", "employee")]
    assert rows["Aino Kuura"] == [(f"{PAGE}{aino.pk}/active", "active", "yes")]
    User.objects.filter(pk=aino.pk).update(is_active=True)
    rows = {row.name: [each.value for each in row.deeds] for row in as_boss.get(PAGE).context["rows"]}
    assert rows["Aino Kuura"] == ["administrator", "no"]
