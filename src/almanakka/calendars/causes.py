"""How the doctor's checks are told: what each looks at, what may be behind a failure, and what to do (B11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from almanakka.calendars.sentences import sentence
from almanakka.remote.checks import Cause, Check, State

#: What each check looks at, as a statement that holds when it passes.
TITLES: Mapping[str, Promise] = {
    # the installation
    "data_directory": _("The data directory can be used"),
    "keys": _("The encryption keys are there"),
    "database": _("The database answers"),
    "migrations": _("The database is up to date"),
    # a connection
    "settings": _("The settings are complete"),
    "registration": _("An app registration is set up"),
    "address": _("The address is well formed"),
    "name": _("The name is known on the network"),
    "permitted": _("Almanakka may connect there"),
    "connection": _("A connection opens"),
    "certificate": _("The certificate is trusted"),
    "service": _("The server asks who we are"),
    "sign_in": _("The server accepts the delegate account"),
    "version": _("Exchange Web Services answer"),
    "tenant": _("The tenant lets our app sign in"),
    "permission": _("The app may read and write calendars"),
    # a mailbox
    "impersonation": _("The delegate account may act for this person"),
    "mailbox": _("The mailbox of this person opens"),
    "readable": _("The calendar can be read"),
    "writable": _("The calendar can be written to"),
    "last_run": _("The last synchronisation went well"),
}

#: Why something was not tried, other than for a failed check.
REASONS: Mapping[str, Promise] = {
    "unencrypted": _("There is none: this address is not encrypted."),
    "proxied": _("A proxy does this in our place."),
    "rights_not_told": _("The server does not say what may be done there."),
}

_CORRECT_ADDRESS = _("An administrator corrects the address in the settings.")
_OPEN_PORT = _("The network's administrator opens that port for this computer.")
_WHOEVER_RUNS = _("Whoever runs Almanakka puts this right.")
_LOOK_AT_FOLDER = _("An Exchange administrator looks at the permissions of that folder.")
_GRANT = _("An administrator adds Calendars.ReadWrite to the app in Microsoft Entra and grants the permissions again.")

#: What may be behind a failed check, and what to do; codes that are not here have their sentence like any error.
CAUSES: Mapping[str, tuple[Promise, Promise]] = {
    # the installation
    "data_directory_missing": (_("%(path)s does not exist."), _("Run: almanakka migrate")),
    "data_directory_closed": (
        _("%(path)s cannot be written to by this user."),
        _("Run as the user that owns it, or change its owner."),
    ),
    "migrations_missing": (_("%(number)s migrations are missing."), _("Run: almanakka migrate")),
    "key_malformed": (_("One of the keys is no Fernet key."), _("Put %(variable)s or %(file)s right.")),
    "keys_missing": (_("There are no keys."), _("Set %(variable)s, or restore %(file)s from a backup.")),
    "installation_fault": (_("This went wrong: %(said)s."), _WHOEVER_RUNS),
    # the way to a server
    "name_misspelt": (_("The name %(host)s is misspelt in the address."), _CORRECT_ADDRESS),
    "name_unknown_here": (
        _("The name servers that this computer asks do not know %(host)s."),
        _("The network's administrator enters the name there, or lets this computer ask the company's own."),
    ),
    "name_service_silent": (
        _("The name servers that this computer asks do not answer, so %(host)s cannot be looked up."),
        _("The network's administrator puts them right."),
    ),
    "nothing_listens": (
        _("On %(host)s nothing listens on port %(port)s."),
        _("An Exchange administrator starts IIS on it, or an administrator corrects the address in the settings."),
    ),
    "firewall_refuses": (_("A firewall refuses connections to port %(port)s of %(host)s."), _OPEN_PORT),
    "server_off": (
        _("%(host)s is switched off, or its name leads to an old address."),
        _("An Exchange administrator starts the server, or the network's administrator corrects its name."),
    ),
    "firewall_silent": (_("A firewall swallows what is sent to port %(port)s of %(host)s."), _OPEN_PORT),
    "no_route": (
        _("No way through the network leads from this computer to %(host)s."),
        _("The network's administrator makes one."),
    ),
    # its certificate
    "certificate_expired": (
        _("The certificate of the server has expired: it was good until %(date)s."),
        _("Whoever looks after the server renews it there."),
    ),
    "certificate_not_yet_valid": (
        _("The certificate of the server is not good before %(date)s."),
        _("Whoever looks after the server installs one that is good today."),
    ),
    "clock_wrong": (
        _("The clock of this computer is wrong: it says %(date)s."),
        _("Whoever runs Almanakka sets the clock."),
    ),
    "certificate_authority_expired": (
        _("The certificate of the authority above the server's, %(issuer)s, has expired."),
        _("Whoever looks after the server installs the authority's new one there."),
    ),
    "certificate_wrong_name": (
        _("The certificate of the server is not for %(host)s but for: %(names)s."),
        _("An administrator enters such a name in the address, or the server gets a certificate for this one."),
    ),
    "certificate_self_signed": (
        _("The certificate of the server was issued by nobody but itself."),
        _("The server gets one from an authority, or an administrator enters this one in the settings."),
    ),
    "certificate_authority_unknown": (
        _("The certificate of the server was issued by %(issuer)s, which is not trusted here."),
        _("If that is the company's own authority, an administrator enters its certificate in the settings."),
    ),
    "certificate_chain_incomplete": (
        _("The server keeps back the certificates between its own and that of a known authority."),
        _("Whoever looks after the server installs the intermediate certificates there."),
    ),
    "certificate_too_weak": (
        _("The certificate of the server has too short a key or too old a signature."),
        _("Whoever looks after the server installs a new one, with SHA-256 and a key of 2048 bits or more."),
    ),
    "certificate_refused": (
        _("The certificate of the server is refused: %(said)s."),
        _("Whoever looks after the server installs another one."),
    ),
    "tls_silent": (
        _("%(host)s takes the connection and then says nothing for %(seconds)s seconds."),
        _("Whoever looks after the server or the firewall sees what holds it up."),
    ),
    "tls_not_spoken": (
        _("On port %(port)s of %(host)s something answers without encryption."),
        _("An administrator corrects the port in the address: for https it is usually 443."),
    ),
    "tls_too_old": (
        _("%(host)s knows only encryption that is too old, before TLS 1.2."),
        _("An Exchange administrator enables TLS 1.2, or puts before the server what knows it."),
    ),
    "tls_cut": (
        _("Something on the way to %(host)s cuts encrypted connections off."),
        _("The network's administrator lets them through."),
    ),
    # what answers there
    "url_redirects": (
        _("The server sends us on to %(target)s, and we do not follow."),
        _("If that is the right server, an administrator enters its address in the settings."),
    ),
    "login_page": (
        _("Something before the Exchange Server wants people to sign in on a page of its own."),
        _("An Exchange administrator lets /EWS through to the server without that page."),
    ),
    "url_path_wrong": (
        _("The address leads to a web server, but not to its Exchange Web Services."),
        _("An administrator enters the whole address: it ends in /EWS/Exchange.asmx."),
    ),
    "ews_not_published": (
        _("Exchange Web Services are not offered at this address."),
        _("An Exchange administrator publishes the virtual directory EWS there."),
    ),
    "request_blocked": (
        _("Something before the Exchange Server refuses us before it knows who we are."),
        _("The network's administrator lets requests from this computer through to /EWS."),
    ),
    "service_stopped": (
        _("The web server answers, but what should answer behind it has stopped or is at fault."),
        _("An Exchange administrator starts the application pool MSExchangeServicesAppPool, and reads its event log."),
    ),
    "gateway_failed": (
        _("Something before the Exchange Server does not reach it."),
        _("The network's administrator looks at the reverse proxy or the load balancer."),
    ),
    "answer_strange": (
        _("Something answers, but not as an Exchange Server does."),
        _("An administrator checks the address, and an Exchange administrator what stands before the server."),
    ),
    "server_fault": (
        _("The Exchange Server says that something went wrong inside it."),
        _("If this lasts, an Exchange administrator reads its event log."),
    ),
    "server_silent": (
        _("%(host)s does not answer within %(seconds)s seconds."),
        _("If this lasts, an Exchange administrator sees what keeps the server busy."),
    ),
    # the delegate account
    "sign_in_not_offered": (
        _("The server offers no way to sign in that we know, but: %(offers)s."),
        _("An Exchange administrator enables Windows authentication (NTLM) for the virtual directory EWS."),
    ),
    "sign_in_wrong": (
        _("The domain, the name or the password of %(account)s is wrong."),
        _("An administrator enters them anew. We tried once only: every further try may lock the account."),
    ),
    "refused_before": (
        _("The server refused the name or the password of %(account)s on %(date)s; we have not tried again."),
        _("An administrator enters them anew in the settings: every further try may lock the account."),
    ),
    "account_locked": (
        _("The account %(account)s is locked or disabled, or its password has expired."),
        _("An Exchange administrator looks at the account in Active Directory."),
    ),
    "extended_protection": (
        _("The server wants Extended Protection, and something between us and it ends the encryption."),
        _("An Exchange administrator gives that device the server's own certificate, or has it pass us through."),
    ),
    "ews_disabled": (
        _("Exchange Web Services are switched off for the account %(account)s, or for everybody."),
        _("An Exchange administrator runs Set-CASMailbox or Set-OrganizationConfig, each with -EwsEnabled $true."),
    ),
    "ews_agent_blocked": (
        _("The organisation lets only certain programs use Exchange Web Services, and Almanakka is none of them."),
        _("An Exchange administrator adds Almanakka* by Set-OrganizationConfig -EwsAllowList."),
    ),
    "impersonation_denied": (
        _("The account %(account)s may act for others, but not for %(address)s."),
        _("An Exchange administrator adds the person to those for whom our script gave the right."),
    ),
    "impersonation_missing": (
        _("The account %(account)s may not act for anybody."),
        _("An Exchange administrator runs our script that gives the right to impersonate."),
    ),
    "impersonation_recent": (
        _("The right was given only a while ago: Exchange takes up to an hour to notice."),
        _("Wait for an hour and look again."),
    ),
    "mailbox_elsewhere": (
        _("The mailbox of %(address)s is in Microsoft 365, or there is none."),
        _("An administrator connects Microsoft 365 as well, or has a mailbox made for the person."),
    ),
    "address_differs": (
        _("Exchange knows the person by another address than %(address)s."),
        _("An administrator makes the address the same in both systems."),
    ),
    # Microsoft 365
    "consent_recent": (
        _("The permissions were granted only minutes ago: Microsoft takes a while to notice."),
        _("Wait for some minutes and look again."),
    ),
    "cloud_wrong": (
        _("The tenant is in another of Microsoft's clouds than the settings say."),
        _("An administrator chooses the right cloud in the settings."),
    ),
    "app_elsewhere": (
        _("The app is registered in another tenant, and nobody has let it into this one."),
        _("An administrator opens Settings > Integrations > Microsoft Exchange and chooses Grant permissions."),
    ),
    "permission_not_granted": (_("Calendars.ReadWrite has not been granted to the app."), _GRANT),
    "permission_only_reads": (_("The app may read calendars, but not write to them."), _GRANT),
    "permission_by_mailbox": (
        _("Calendars.ReadWrite is granted for some mailboxes only, and for none of those that were tried."),
        _("An administrator adds the people to the group whose calendars may be opened."),
    ),
    "person_gone": (
        _("The person has been deleted in Microsoft 365, or is known by another address there."),
        _("An administrator checks the person in Microsoft Entra, and the address in both systems."),
    ),
    "mailbox_inactive": (
        _("The mailbox has been switched off or deleted."),
        _("An administrator checks that the person has a mailbox and a licence for it."),
    ),
    "group_recent": (
        _("The person was added to the group only lately: Microsoft takes up to two hours to notice."),
        _("Wait for two hours and look again."),
    ),
    # the calendar
    "calendar_denied": (
        _("The server lets the account act for this person, but not open the calendar."),
        _LOOK_AT_FOLDER,
    ),
    "calendar_unreadable": (
        _("Nothing may be read in the calendar of %(address)s."),
        _LOOK_AT_FOLDER,
    ),
    "calendar_read_only": (
        _("The calendar may be read, but not changed."),
        _LOOK_AT_FOLDER,
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One cause in the reader's language: what is wrong, and what to do."""

    code: str
    what: str
    remedy: str


def title(name: str) -> str:
    """What a check looks at, in the reader's language."""
    return str(TITLES.get(name, name))


def told(cause: Cause) -> Told:
    """One cause in the reader's language."""
    words = CAUSES.get(cause.code)
    if words is None:
        what, _meaning, remedy = sentence(cause.code).told(**cause.details)
        return Told(cause.code, what, remedy)
    what, remedy = (str(part) % dict(cause.details) for part in words)
    return Told(cause.code, what, remedy)


def reason(check: Check) -> str:
    """Why a check was not tried, in the reader's language; empty for one that was."""
    if check.state is not State.NOT_TRIED:
        return ""
    own = REASONS.get(check.because)
    return (
        str(own)
        if own is not None
        else str(_("Not tried, because this failed: %(title)s.")) % {"title": title(check.because)}
    )
