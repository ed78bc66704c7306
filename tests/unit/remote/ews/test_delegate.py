"""Scripts for delegate accounts: each server its own, and no word of a form ever becomes a command (S7)."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from almanakka.remote.ews import delegate_words
from almanakka.remote.ews.delegate import BadParameter, Delegate, Purpose, Server, as_file, quoted, script

FORM = Delegate(
    account="CONTOSO\\calsync",
    unit="contoso.local/Staff",
    domain_controller="dc1.contoso.local",
    recipient_filter="MemberOfGroup -eq 'CN=Sync,DC=contoso,DC=local'",
)
FIELDS = ("account", "unit", "scope", "recipient_filter", "assignment", "role")
ALL = tuple(product(Server, Purpose, (False, True)))
LATER = (Server.EXCHANGE_2010, Server.EXCHANGE_2013)
#: A single quote, and the four typographic characters that PowerShell takes for one (about_Quoting_Rules).
QUOTES = "'\u2018\u2019\u201a\u201b"


def code(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def unquoted(text: str) -> tuple[str, list[str]]:
    """Read ``text`` as PowerShell does: what is outside of strings in single quotes, and the values of those."""
    outside, values, position = "", [], 0
    while position < len(text):
        if text[position] not in QUOTES:
            outside += text[position]
            position += 1
            continue
        value, position = "", position + 1
        while text[position] not in QUOTES or (text[position + 1 : position + 2] and text[position + 1] in QUOTES):
            value += text[position]
            position += 2 if text[position] in QUOTES else 1
        values.append(value)
        position += 1
    return outside, values


def test_2007_gives_both_extended_rights_as_the_page_describes() -> None:
    text = script(replace(FORM, full_access=True), Server.EXCHANGE_2007, Purpose.GRANT)
    assert "Get-ExchangeServer | Where-Object { $_.IsClientAccessServer }" in text
    assert "ms-Exch-EPI-Impersonation -InheritanceType None" in text
    assert "Get-MailboxDatabase" in text
    assert "ms-Exch-EPI-May-Impersonate -InheritanceType All" in text
    assert "FullAccess" not in text


def test_2007_with_least_privilege_opens_the_mailboxes_of_one_unit() -> None:
    text = script(FORM, Server.EXCHANGE_2007, Purpose.GRANT)
    assert "Get-MailboxDatabase" not in text
    assert "Get-Mailbox -OrganizationalUnit $unit -DomainController $controller -ResultSize Unlimited" in text
    assert "ms-Exch-EPI-May-Impersonate" in text


@pytest.mark.parametrize("server", LATER)
def test_2010_and_later_as_the_page_describes(server: Server) -> None:
    text = script(replace(FORM, full_access=True), server, Purpose.GRANT)
    for needed in (
        "Add-MailboxPermission -User $account -AccessRights FullAccess -InheritanceType All",
        "New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter",
        "New-ManagementRoleAssignment -Name $assignment -Role $role -User $account -CustomRecipientWriteScope $scope",
    ):
        assert needed in text
    assert ("-AutoMapping" in text) == (server is Server.EXCHANGE_2013)


@pytest.mark.parametrize(("server", "purpose"), tuple(product(LATER, Purpose)))
def test_the_recommended_variant_opens_no_mailbox(server: Server, purpose: Purpose) -> None:
    text = script(replace(FORM, unit="", domain_controller=""), server, purpose)
    assert "MailboxPermission" not in text
    assert "$unit" not in text


@pytest.mark.parametrize(("server", "full"), tuple(product(Server, (False, True))))
def test_what_is_granted_can_be_taken_back(server: Server, full: bool) -> None:
    form = replace(FORM, full_access=full)
    granted = re.findall(r"\b(?:Add|New)-(\w+)", script(form, server, Purpose.GRANT))
    assert granted
    assert sorted(granted) == sorted(re.findall(r"\bRemove-(\w+)", script(form, server, Purpose.REVOKE)))


@pytest.mark.parametrize(("server", "full"), tuple(product(Server, (False, True))))
def test_a_verifying_script_changes_nothing(server: Server, full: bool) -> None:
    text = script(replace(FORM, full_access=full), server, Purpose.VERIFY)
    assert set(re.findall(r"\b([A-Z][a-z]+)-[A-Z]\w+", code(text))) <= {"Get", "Format", "Where", "ForEach"}


@pytest.mark.parametrize(("server", "purpose", "full"), ALL)
def test_every_variable_is_assigned_once_before_it_is_used(server: Server, purpose: Purpose, full: bool) -> None:
    text, _ = unquoted(code(script(replace(FORM, full_access=full), server, purpose)))
    assigned = re.findall(r"^\$(\w+) = $", text, flags=re.M)
    used = set(re.findall(r"(?<!:)\$(\w+)", text)) - {"_", "false"}
    assert len(assigned) == len(set(assigned))
    assert set(assigned) == used


@pytest.mark.parametrize("language", delegate_words.ALL)
@pytest.mark.parametrize(("server", "purpose", "full"), ALL)
def test_comments_are_in_the_language_that_is_asked_for(
    server: Server, purpose: Purpose, full: bool, language: str
) -> None:
    form = replace(FORM, full_access=full)
    text = script(form, server, purpose, language)
    assert code(text) == code(script(form, server, purpose))
    comments = {line[2:] for line in text.splitlines() if line.startswith("# ")}
    assert comments <= set(delegate_words.ALL[language].values())


def test_every_language_says_everything() -> None:
    for words in delegate_words.ALL.values():
        assert words.keys() == delegate_words.ENGLISH.keys()


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from(QUOTES + '"`$;#(){}\\ '), st.characters(exclude_categories=["Cs", "Cc"]))
    )
)
@example("'; Remove-Mailbox -Identity *; '")
@example("\u2019; Remove-Mailbox *; \u2018")
@example("$(Remove-Mailbox *)")
@example("`'")
@example("''")
@example("'\u2019")
def test_nothing_breaks_out_of_its_quotes(value: str) -> None:
    outside, values = unquoted(quoted(value) + " rest")
    assert outside == " rest"
    assert values == [value]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "attack", ["x'; Remove-Mailbox a #", "x\u2019\u2019\u2018; Remove-Mailbox a", "$(Remove-Mailbox)"]
)
def test_a_form_changes_nothing_but_the_assignments(field: str, attack: str) -> None:
    for server, purpose, full in ALL:
        form = replace(FORM, full_access=full)
        harmless = unquoted(code(script(form, server, purpose)))[0]
        assert unquoted(code(script(replace(form, **{field: attack}), server, purpose)))[0] == harmless


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("account", "", "missing"),
        ("account", "  ", "missing"),
        ("recipient_filter", "", "missing"),
        ("scope", "s" * 65, "too_long"),
        ("assignment", "a" * 65, "too_long"),
        ("recipient_filter", "f" * 4001, "too_long"),
        ("account", "a\nRemove-Mailbox b", "control_character"),
        ("account", "a\rb", "control_character"),
        ("account", "a\u2028b", "control_character"),
        ("account", "a\x00b", "control_character"),
        ("account", "a\ud800b", "control_character"),
        ("unit", "", "missing"),
        ("domain_controller", "dc1 -Whatever x", "not_a_host"),
        ("domain_controller", "-dc1", "not_a_host"),
    ],
)
def test_unfit_parameters_are_named(field: str, value: str, reason: str) -> None:
    with pytest.raises(BadParameter) as caught:
        script(replace(FORM, full_access=True, **{field: value}), Server.EXCHANGE_2013, Purpose.GRANT)
    assert (caught.value.field, caught.value.reason) == (field, reason)


def test_a_file_is_one_that_windows_reads_whole() -> None:
    assert as_file("ä\nb\n") == b"\xef\xbb\xbf\xc3\xa4\r\nb\r\n"
