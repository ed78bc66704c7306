"""PowerShell that lets one account open other people's calendars, shows that it may, and takes it back (S7).

An Exchange administrator runs it in the Exchange Management Shell. Whatever a person typed stands only in the
assignments at the top of a script, each a string in single quotes; all below is our own constant text.
Sources: the help page that S7 restates; facts: ews §3 (Microsoft's "Configuring Exchange Impersonation" for 2007 and
"How to: Configure impersonation" for 2010 and later).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from almanakka.remote.ews import delegate_words

#: What PowerShell takes for the end of a string in single quotes; doubled, it stands for itself.
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_CONTROLS = re.compile("[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_HOST = re.compile(r"(?=.{1,253}\Z)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
#: Exchange's own limits for the names of scopes and assignments; the others are only there to stop nonsense.
_LONGEST = {"scope": 64, "assignment": 64, "recipient_filter": 4000}


class Server(StrEnum):
    """Which scripts a server understands; 2013 stands for 2016, 2019 and Subscription Edition too."""

    EXCHANGE_2007 = "2007"
    EXCHANGE_2010 = "2010"
    EXCHANGE_2013 = "2013"


class Purpose(StrEnum):
    GRANT = "grant"
    VERIFY = "verify"
    REVOKE = "revoke"


class BadParameter(ValueError):
    """``field`` of :class:`Delegate` is unfit; ``reason`` is missing, too_long, control_character or not_a_host."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Delegate:
    """What the form asks for.

    ``account`` is ``DOMAIN\\user`` or a user principal name. ``full_access`` follows the help page to the letter: it
    opens whole mailboxes, which synchronising needs nowhere, so leaving it out is what we recommend. On Exchange 2007
    it stands for every mailbox of every database instead of those of ``unit``. ``recipient_filter`` is in Exchange's
    OPATH, for example ``MemberOfGroup -eq 'CN=Calendar Sync,OU=Groups,DC=contoso,DC=com'``.
    """

    account: str
    unit: str = ""
    domain_controller: str = ""
    scope: str = "Almanakka people"
    recipient_filter: str = ""
    assignment: str = "Almanakka impersonation"
    role: str = "ApplicationImpersonation"
    full_access: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    word: str  # the key of the comment above it
    code: str


def script(delegate: Delegate, server: Server, purpose: Purpose, language: str = "en") -> str:
    """Return one script, its lines ended by a line feed, with comments in ``language`` (fi, sv, else en).

    :raises BadParameter: something that this script needs is missing or unfit.
    """
    words = delegate_words.ALL.get(language[:2], delegate_words.ENGLISH)
    blocks = list(_blocks(server, purpose, full=delegate.full_access, controlled=bool(delegate.domain_controller)))
    lines = [f"# {words[_title(purpose)]}", f"# {words['where']}"]
    if delegate.full_access and purpose is Purpose.GRANT:
        lines.append(f"# {words['databases' if server is Server.EXCHANGE_2007 else 'full_access']}")
    lines += ["", *_assignments(delegate, "\n".join(block.code for block in blocks))]
    for block in blocks:
        lines += ["", f"# {words[block.word]}", block.code]
    return "\n".join(lines) + "\n"


def as_file(text: str) -> bytes:
    """Return a script as Windows PowerShell reads it whole: with a byte order mark, or it takes UTF-8 for ANSI."""
    return text.replace("\n", "\r\n").encode("utf-8-sig")


def quoted(value: str) -> str:
    """Return a PowerShell string that is ``value`` and nothing else, whatever stands in it.

    In single quotes PowerShell expands nothing; only a quote ends it, and it takes four typographic ones for the same.
    """
    return "'" + _QUOTES.sub(r"\1\1", value) + "'"


# --- inside --------------------------------------------------------------------------------------


def _title(purpose: Purpose) -> str:
    return f"title_{purpose.value}"


def _assignments(delegate: Delegate, code: str) -> Iterator[str]:
    """Yield one line for each thing that ``code`` names."""
    for variable, field in (
        ("account", "account"),
        ("unit", "unit"),
        ("controller", "domain_controller"),
        ("scope", "scope"),
        ("filter", "recipient_filter"),
        ("assignment", "assignment"),
        ("role", "role"),
    ):
        if re.search(rf"\${variable}\b", code):
            yield f"${variable} = {quoted(_checked(field, getattr(delegate, field)))}"


def _checked(field: str, value: str) -> str:
    value = value.strip()
    if not value:
        raise BadParameter(field, "missing")
    if len(value) > _LONGEST.get(field, 256):
        raise BadParameter(field, "too_long")
    if _CONTROLS.search(value) or any("\ud800" <= each <= "\udfff" for each in value):
        raise BadParameter(field, "control_character")
    if field == "domain_controller" and not _HOST.fullmatch(value):
        raise BadParameter(field, "not_a_host")
    return value


def _blocks(server: Server, purpose: Purpose, *, full: bool, controlled: bool) -> Iterator[_Block]:
    if server is Server.EXCHANGE_2007:
        yield from _blocks_2007(purpose, everywhere=full, controlled=controlled)
        return
    if full:
        yield _full_access(server, purpose, controlled=controlled)
    match purpose:
        case Purpose.GRANT:
            yield _Block("scope", _SCOPE)
            yield _Block("role", _ASSIGNMENT)
        case Purpose.VERIFY:
            yield _Block("see_scope", "Get-ManagementScope -Identity $scope | Format-List Name, RecipientFilter")
            yield _Block("see_role", _SEE_ASSIGNMENT)
            yield _Block("see_people", _SEE_PEOPLE)
        case Purpose.REVOKE:
            yield _Block("no_role", "Remove-ManagementRoleAssignment -Identity $assignment -Confirm:$false")
            yield _Block("no_scope", "Remove-ManagementScope -Identity $scope -Confirm:$false")


_SCOPE = "New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter"
_ASSIGNMENT = (
    "New-ManagementRoleAssignment -Name $assignment -Role $role -User $account -CustomRecipientWriteScope $scope"
)
_SEE_ASSIGNMENT = """\
Get-ManagementRoleAssignment -Identity $assignment |
    Format-List Name, Role, RoleAssigneeName, CustomRecipientWriteScope, Enabled"""
_SEE_PEOPLE = """\
Get-Recipient -Filter $filter -RecipientTypeDetails UserMailbox -ResultSize Unlimited |
    Format-Table Name, PrimarySmtpAddress -AutoSize"""


def _full_access(server: Server, purpose: Purpose, *, controlled: bool) -> _Block:
    mailboxes = "Get-Mailbox -OrganizationalUnit $unit" + _controller(controlled) + " -ResultSize Unlimited |\n    "
    rights = "-User $account -AccessRights FullAccess -InheritanceType All"
    match purpose:
        case Purpose.GRANT:
            # without this, Outlook opens every one of those mailboxes for the account
            quiet = "" if server is Server.EXCHANGE_2010 else " -AutoMapping $false"
            return _Block("full_access_step", f"{mailboxes}Add-MailboxPermission {rights}{quiet}")
        case Purpose.VERIFY:
            see = "Get-MailboxPermission -User $account | Format-Table Identity, User, AccessRights -AutoSize"
            return _Block("see_full_access", mailboxes + see)
        case Purpose.REVOKE:
            return _Block("no_full_access", f"{mailboxes}Remove-MailboxPermission {rights} -Confirm:$false")


def _blocks_2007(purpose: Purpose, *, everywhere: bool, controlled: bool) -> Iterator[_Block]:
    """Extended rights in Active Directory: on the servers that answer, and on the mailboxes or their databases."""
    servers = "Get-ExchangeServer | Where-Object { $_.IsClientAccessServer } | ForEach-Object {\n    "
    boxes = f"Get-Mailbox -OrganizationalUnit $unit{_controller(controlled)} -ResultSize Unlimited"
    boxes = ("Get-MailboxDatabase" if everywhere else boxes) + " | ForEach-Object {\n    "
    inherit = " -InheritanceType All" if everywhere else ""
    who = "-Identity $_.DistinguishedName -User $account"
    impersonate = f"{who} -ExtendedRights ms-Exch-EPI-Impersonation -InheritanceType None"
    may = f"{who} -ExtendedRights ms-Exch-EPI-May-Impersonate{inherit}"
    match purpose:
        case Purpose.GRANT:
            yield _Block("servers_2007", f"{servers}Add-ADPermission {impersonate}\n}}")
            yield _Block("mailboxes_2007", f"{boxes}Add-ADPermission {may}\n}}")
        case Purpose.VERIFY:
            see = f"Get-ADPermission {who} | Where-Object {{ $_.ExtendedRights }} |\n"
            see += "        Format-Table Identity, ExtendedRights, Deny -AutoSize\n}"
            yield _Block("see_servers_2007", servers + see)
            yield _Block("see_mailboxes_2007", boxes + see)
        case Purpose.REVOKE:
            yield _Block("no_mailboxes_2007", f"{boxes}Remove-ADPermission {may} -Confirm:$false\n}}")
            yield _Block("no_servers_2007", f"{servers}Remove-ADPermission {impersonate} -Confirm:$false\n}}")


def _controller(controlled: bool) -> str:
    return " -DomainController $controller" if controlled else ""
