"""The guides: complete in every language, in the mission's own words, and known to every error."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import override

from almanakka.accounts.models import User
from almanakka.calendars import help_page
from almanakka.calendars.models import Connection, Mailbox
from almanakka.calendars.paragraphs import PARAGRAPHS, STATES
from almanakka.calendars.sentences import SENTENCES, sentence

LANGUAGES = ("en", "fi", "sv")
#: The mission's own words for Finnish readers.
TERMS = (
    "pääkäyttäjä",
    "aktiviteettityyppi",
    "oletusaktiviteettityyppi",
    "Henkilökohtainen",
    "Projektitehtävät",
    "Kalenterisynkronointi",
    "Myönnä käyttöoikeudet",
    "Ota Microsoft Exchange käyttöön",
    "Ensimmäinen synkronointi",
    "Exchange-järjestelmänvalvoja",
)


def guide(language: str, name: str) -> str:
    with override(language):
        return render_to_string(f"guide/{language}/{name}.html")


def anchors(language: str) -> list[str]:
    return [anchor for name in help_page.GUIDES for anchor, _ in help_page.headings(guide(language, name))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_paragraphs_and_pictures(language: str) -> None:
    assert anchors(language) == anchors("en")
    assert len(set(anchors(language))) == len(anchors(language))
    for name in help_page.GUIDES:
        pictures = re.findall(r"guide/(\w\w)/([\w-]+)\.webp", guide(language, name))
        assert {folder for folder, _ in pictures} == {language}
        assert [each for _, each in pictures] == re.findall(r"guide/en/([\w-]+)\.webp", guide("en", name))
        assert guide(language, name).count("<p>") == guide("en", name).count("<p>")


def test_finnish_readers_meet_the_words_that_they_know() -> None:
    text = guide("fi", "everyone") + guide("fi", "administrators")
    assert [term for term in TERMS if term.lower() not in text.lower()] == []


def test_every_error_leads_to_its_paragraph() -> None:
    assert set(PARAGRAPHS) <= set(SENTENCES)
    assert {sentence(code).paragraph for code in SENTENCES} <= set(anchors("en"))
    assert sentence("nobody knows this one").paragraph == STATES


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_reads_both_guides_in_their_language(client: Client, aino: User, language: str) -> None:
    User.objects.filter(pk=aino.pk).update(language=language)
    client.force_login(aino)
    page = client.get("/help/").content.decode()
    for anchor in anchors(language):
        assert f'<h3 id="{anchor}">' in page
        assert f'href="#{anchor}"' in page


def test_a_fault_on_a_page_links_to_the_guide(
    client: Client, aino: User, link: Connection, aino_box: Mailbox, calendars: dict[str, Any]
) -> None:
    Mailbox.objects.filter(pk=aino_box.pk).update(health="failing", error_code="mailbox_denied")
    client.force_login(aino)
    assert 'href="/help/#limit"' in client.get("/profile/calendar-sync/").content.decode()
