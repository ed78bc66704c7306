"""What people are told when something goes wrong: what happened, what it means for their calendar, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from almanakka.calendars.paragraphs import paragraph


class Told(list[str]):
    """Three sentences as texts, and the ``paragraph`` of the guide that says more."""

    paragraph: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Three plain sentences, in the reader's language once turned into text."""

    what: str | Promise
    meaning: str | Promise
    remedy: str | Promise
    paragraph: str = ""

    def told(self, **details: Any) -> Told:
        """The three as texts; ``details`` fill in what the first one names (an address, for instance)."""
        known = dict.fromkeys(("address", "addresses", "name"), "?") | details
        told = Told(str(part) % known for part in (self.what, self.meaning, self.remedy))
        told.paragraph = self.paragraph
        return told


_WAITS = _("Your calendar stays as it is until this is put right; nothing is lost or deleted.")
_RETRIED = _("Nothing is lost: we try again by ourselves.")
_NOT_DONE = _("What you asked for has not been done. Try it again in a few minutes.")
_NOT_ON = _("Calendar sync is not on; nothing has been changed.")
_NOTHING_TO_DO = _("You need do nothing.")
_TELL_ADMINISTRATOR = _("If this lasts for hours, tell your administrator.")
_ASK_ADMINISTRATOR = _("Ask your administrator to check the settings of Microsoft Exchange.")
_GRANT_AGAIN = _("An administrator opens Settings > Integrations > Microsoft Exchange and chooses Grant permissions.")
_CHECK_SECRET = _("An administrator makes a new secret in Microsoft Entra and enters it in the settings.")
_CHECK_TENANT = _("An administrator checks the tenant in the settings and grants the permissions again.")
_CHECK_APP = _("An administrator checks the client id in the settings and grants the permissions again.")
_CHECK_CERTIFICATE = _("An administrator uploads the certificate in Microsoft Entra, or enters another one here.")
_ADJUST_SERVER = _("An Exchange administrator runs our script that shows what the account may do, and puts it right.")
_ENTER_SERVER = _("An administrator enters Exchange URL, user name and password of the delegate in the settings.")
_SIGN_IN_OTHERWISE = _("Write your whole e-mail address, or sign in with your password.")
_ONLY_ADMINISTRATORS = _("Ask an administrator of your company to do it.")

SENTENCES: Mapping[str, Sentence] = {
    # the calendar
    "calendar_error": Sentence(_("Microsoft's calendar did not do what it was asked."), _RETRIED, _NOTHING_TO_DO),
    "throttled": Sentence(_("Microsoft asks us to wait: there have been too many requests."), _RETRIED, _NOTHING_TO_DO),
    "unavailable": Sentence(
        _("Microsoft's calendar is not available at the moment."),
        _RETRIED,
        _TELL_ADMINISTRATOR,
    ),
    "timed_out": Sentence(_("Microsoft takes too long to answer."), _RETRIED, _TELL_ADMINISTRATOR),
    "unreachable": Sentence(
        _("Microsoft's calendar does not answer."),
        _RETRIED,
        _("If this lasts for hours, ask your administrator whether Microsoft 365 works."),
    ),
    "stale": Sentence(_("An entry was changed on both sides at the same time."), _RETRIED, _NOTHING_TO_DO),
    "watermark_lost": Sentence(
        _("Microsoft no longer knows where we left off."),
        _("The whole calendar is read again; nothing is deleted for that."),
        _NOTHING_TO_DO,
    ),
    "not_found": Sentence(_("Microsoft does not find the entry or the calendar."), _RETRIED, _ASK_ADMINISTRATOR),
    "invalid": Sentence(
        _("Microsoft does not accept an entry as it is."),
        _("That entry is left out; all others are synchronised."),
        _("Change the entry in either calendar, and it is tried again."),
    ),
    "lease_lost": Sentence(
        _("Another run took over this calendar."), _("The other run finishes the work."), _NOTHING_TO_DO
    ),
    "run_died": Sentence(
        _("Almanakka was stopped in the middle of this run."), _("The next run finishes the work."), _NOTHING_TO_DO
    ),
    "database_away": Sentence(
        _("Almanakka's own database did not answer, or had no room."),
        _RETRIED,
        _("If this lasts, an administrator checks the database server and its disk."),
    ),
    "internal": Sentence(
        _("There is a fault in Almanakka."),
        _RETRIED,
        _("If this lasts, tell your administrator; the log of the server says more."),
    ),
    # the mailbox and its address
    "denied": Sentence(_("Microsoft does not let us open this calendar."), _WAITS, _GRANT_AGAIN),
    "mailbox_denied": Sentence(
        _("Microsoft lets us open some calendars of the company, but not this one."),
        _WAITS,
        _("An administrator adds this person to the group whose calendars may be opened; it can take an hour."),
    ),
    "mailbox_not_found": Sentence(
        _("This person has no calendar in Microsoft 365."),
        _WAITS,
        _("An administrator checks that the person has a mailbox and a licence for it."),
    ),
    "mailbox_on_premises": Sentence(
        _("This mailbox is on the company's own Exchange Server, not in Microsoft 365."),
        _WAITS,
        _("Ask your administrator to move the mailbox, or to connect the Exchange Server."),
    ),
    "address_unknown": Sentence(
        _("No mailbox was found with the address %(addresses)s."),
        _NOT_ON,
        _("Check that your e-mail address is the same in both systems, or ask your administrator to."),
    ),
    "address_ambiguous": Sentence(
        _("Several mailboxes have the address %(addresses)s."),
        _NOT_ON,
        _("Ask your administrator to leave the address to one mailbox only."),
    ),
    "address_unproven": Sentence(
        _("The address %(address)s has not been confirmed as yours."),
        _NOT_ON,
        _("Open the link in the mail that was sent to that address, or have a code written into its calendar."),
    ),
    "code_wrong": Sentence(
        _("That is not the code."), _NOT_ON, _("Look in the calendar of %(address)s again; it begins with “Almanakka”.")
    ),
    "code_over": Sentence(
        _("There is no code that could be entered now: it was used, is too old, or was tried too often."),
        _NOT_ON,
        _("Have a new code written into your calendar."),
    ),
    "code_too_soon": Sentence(
        _("A code was written into your calendar less than a minute ago."),
        _NOT_ON,
        _("Look for it there; if you cannot see it, wait a minute and ask for another one."),
    ),
    "microsoft_stale": Sentence(
        _("What came back from Microsoft is no longer good."),
        _("Nothing has changed."),
        _("Begin again; if it happens again, tell your administrator."),
    ),
    "microsoft_declined": Sentence(
        _("Microsoft did not sign you in, or you have cancelled."), _("Nothing has changed."), _SIGN_IN_OTHERWISE
    ),
    "microsoft_foreign": Sentence(
        _("The Microsoft account belongs to another organisation than your company's."),
        _("Nothing has changed."),
        _("Sign in with the account that your company has given you."),
    ),
    "microsoft_unknown": Sentence(
        _("Nobody in Almanakka has confirmed an address of this Microsoft account."),
        _("Nobody has been signed in, and no account has been made."),
        _("Ask an administrator of your company to invite you, and open the link in the invitation first."),
    ),
    "microsoft_not_set_up": Sentence(
        _("Signing in with Microsoft is not set up for that e-mail address."),
        _("Nothing has changed."),
        _SIGN_IN_OTHERWISE,
    ),
    "microsoft_other_mailbox": Sentence(
        _("The Microsoft account has another mailbox than that of %(address)s."),
        _NOT_ON,
        _("Sign in with the account that has this address, or ask your administrator to correct the address."),
    ),
    "address_changed": Sentence(
        _("Your e-mail address has changed since calendar sync was switched on."),
        _WAITS,
        _("Confirm the new address, and switch calendar sync on again."),
    ),
    "move_incomplete": Sentence(
        _("Most entries of the old mailbox are not in the new one yet."),
        _("Nothing is written until they are there; nothing is lost or deleted."),
        _("Wait until the mailbox has been moved as a whole, or have an administrator go on without what is missing."),
    ),
    "mailbox_taken": Sentence(
        _("The mailbox of %(address)s belongs to another user already."),
        _NOT_ON,
        _("Ask your administrator which of the two users is the right one."),
    ),
    "not_yourself": Sentence(
        _("Calendar sync can only be switched on by the person themself."),
        _NOT_ON,
        _("The person switches it on under My profile > Calendar & activities > Calendar sync."),
    ),
    "switched_off": Sentence(
        _("This person does not have calendar sync on."),
        _("Nothing is read from the calendar or written to it."),
        _("The person switches it on under My profile > Calendar & activities > Calendar sync."),
    ),
    "company_off": Sentence(
        _("The company does not have Microsoft Exchange on."),
        _NOT_ON,
        _("Ask your administrator to enable Microsoft Exchange in the settings."),
    ),
    # the company's connection
    "not_administrator": Sentence(
        _("Only an administrator of the company can do this."), _("Nothing has changed."), _ONLY_ADMINISTRATORS
    ),
    "no_default_type": Sentence(
        _("The company has no valid default activity type."),
        _("Entries from Microsoft have no type to become, so nothing is synchronised."),
        _("An administrator chooses a default type that is neither a project task nor Personal."),
    ),
    "not_granted": Sentence(_("Microsoft has not granted us the permissions yet."), _WAITS, _GRANT_AGAIN),
    "not_registered": Sentence(
        _("No app registration is set up."),
        _WAITS,
        _("An administrator registers an app in Microsoft Entra and enters its client id and secret."),
    ),
    "tenant_taken": Sentence(
        _("Another company here uses this Microsoft 365 tenant already."),
        _NOT_ON,
        _("Check that you signed in to Microsoft as an administrator of your own company."),
    ),
    "tenant_unknown": Sentence(_("Microsoft does not know the tenant."), _WAITS, _CHECK_TENANT),
    "app_unknown": Sentence(_("Microsoft does not know our app in this tenant."), _WAITS, _CHECK_APP),
    "app_disabled": Sentence(
        _("Our app has been disabled in this tenant."),
        _WAITS,
        _("An administrator allows the app to sign in again in Microsoft Entra, under Enterprise applications."),
    ),
    "secret_wrong": Sentence(_("Microsoft does not accept the client secret."), _WAITS, _CHECK_SECRET),
    "secret_expired": Sentence(_("The client secret has expired."), _WAITS, _CHECK_SECRET),
    "secret_missing": Sentence(_("The client secret is missing."), _WAITS, _CHECK_SECRET),
    "secret_unreadable": Sentence(
        _("The stored secret cannot be opened with this installation's keys."),
        _WAITS,
        _("Restore the encryption keys from a backup, or enter the secret anew in the settings."),
    ),
    "certificate_unknown": Sentence(_("Microsoft does not know our certificate."), _WAITS, _CHECK_CERTIFICATE),
    "certificate_unusable": Sentence(_("The certificate cannot be used."), _WAITS, _CHECK_CERTIFICATE),
    "consent_missing": Sentence(_("The permissions have not been granted, or not yet."), _WAITS, _GRANT_AGAIN),
    "consent_declined": Sentence(_("The permissions were not granted."), _NOT_ON, _GRANT_AGAIN),
    "consent_stale": Sentence(_("The answer from Microsoft came too late, or came twice."), _NOT_ON, _GRANT_AGAIN),
    "callback_malformed": Sentence(_("The answer from Microsoft cannot be understood."), _NOT_ON, _GRANT_AGAIN),
    "permission_missing": Sentence(
        _("Microsoft says that a permission is missing."),
        _WAITS,
        _("An administrator adds Calendars.ReadWrite to the app in Microsoft Entra and grants the permissions again."),
    ),
    "token_refused": Sentence(_("Microsoft does not accept our sign-in."), _WAITS, _GRANT_AGAIN),
    "sign_in_blocked": Sentence(
        _("A rule of the tenant keeps our app from signing in."),
        _WAITS,
        _("An administrator lets the app through in Microsoft Entra, under Conditional Access."),
    ),
    "sign_in_failed": Sentence(_("Signing in to Microsoft failed."), _WAITS, _ASK_ADMINISTRATOR),
    "sign_in_unreachable": Sentence(_("Microsoft's sign-in does not answer."), _RETRIED, _NOTHING_TO_DO),
    "scope_wrong": Sentence(_("Microsoft does not know what we asked permission for."), _WAITS, _ASK_ADMINISTRATOR),
    # an Exchange Server of the company's own
    "url_missing": Sentence(_("The Exchange URL is missing."), _WAITS, _ENTER_SERVER),
    "delegate_missing": Sentence(
        _("The name or the password of the delegate account is missing."), _WAITS, _ENTER_SERVER
    ),
    "server_trouble": Sentence(_("The Exchange Server has trouble of its own."), _RETRIED, _NOTHING_TO_DO),
    "server_unreachable": Sentence(
        _("The Exchange Server does not answer."),
        _RETRIED,
        _("If this lasts for hours, ask your administrator whether the server works."),
    ),
    "address_malformed": Sentence(
        _("The address in the settings is none that we can use."),
        _WAITS,
        _("An administrator enters it like this: https://mail.company.com/EWS/Exchange.asmx."),
    ),
    "address_insecure": Sentence(
        _("The address in the settings begins with http://, so everybody on the way could read the password."),
        _WAITS,
        _("An administrator changes it to https:// in the settings."),
    ),
    "address_forbidden": Sentence(
        _("The address in the settings leads where no Exchange Server is: to the network's or the hosting's own."),
        _WAITS,
        _("An administrator enters the Exchange Server's address, or the network's administrator corrects the name."),
    ),
    "address_loopback": Sentence(
        _("The address in the settings leads to the computer that Almanakka itself runs on."),
        _WAITS,
        _("An administrator enters the name by which other computers know the Exchange Server."),
    ),
    "authorities_missing": Sentence(
        _("The file of certificate authorities that the settings name cannot be read."),
        _WAITS,
        _("An administrator enters the certificate of the company's certificate authority in the settings."),
    ),
    "url_wrong": Sentence(
        _("At the Exchange URL there is no Exchange Server."),
        _WAITS,
        _("An administrator checks the Exchange URL in the settings: it ends in /EWS/Exchange.asmx."),
    ),
    "certificate_untrusted": Sentence(
        _("The certificate of the Exchange Server is not trusted."),
        _WAITS,
        _("An administrator adds the company's certificate authority in the settings, or renews the certificate."),
    ),
    "sign_in_refused": Sentence(
        _("The Exchange Server does not accept the name or the password of the delegate account."),
        _WAITS,
        _("An administrator enters domain, user name and password anew in the settings. Until then we do not try."),
    ),
    "sign_in_unfinished": Sentence(
        _("The Exchange Server broke the sign-in off halfway."),
        _RETRIED,
        _("If this lasts, an Exchange administrator checks what stands before the server: NTLM needs one connection."),
    ),
    "ews_disabled": Sentence(
        _("The Exchange Server does not let programs in for this account."),
        _WAITS,
        _("An Exchange administrator enables Exchange Web Services for the account and for our application."),
    ),
    "impersonation_missing": Sentence(_("The delegate account may not act for anybody."), _WAITS, _ADJUST_SERVER),
    "impersonation_denied": Sentence(_("The delegate account may not act for this person."), _WAITS, _ADJUST_SERVER),
    "mailbox_not_on_server": Sentence(
        _("This person has no mailbox on the Exchange Server."),
        _WAITS,
        _("An administrator checks that the e-mail address is the same in both systems, or connects Microsoft 365."),
    ),
    "mailbox_disabled": Sentence(
        _("This person's account is disabled on the Exchange Server."), _WAITS, _ASK_ADMINISTRATOR
    ),
    "mailbox_moving": Sentence(
        _("The mailbox is being moved, or its database is not available."), _RETRIED, _NOTHING_TO_DO
    ),
    "calendar_missing": Sentence(_("The mailbox has no calendar that we can find."), _WAITS, _ASK_ADMINISTRATOR),
}


def sentence(code: str) -> Sentence:
    """What to tell of ``code``; an unknown one is told as the calendar's failure in general."""
    known = code if code in SENTENCES else "calendar_error"
    return replace(SENTENCES[known], paragraph=paragraph(known))


def refusal(code: str) -> Sentence:
    """What to tell whoever has just asked for something, which nobody asks for again but themselves."""
    told = sentence(code)
    if told.meaning is not _RETRIED:
        return told
    return replace(
        told, meaning=_NOT_DONE, remedy=_TELL_ADMINISTRATOR if told.remedy is _NOTHING_TO_DO else told.remedy
    )
