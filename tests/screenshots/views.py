"""What is photographed: every page, and who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, get_resolver

from . import scenes
from .scenes import Scene

#: Who looks.
STRANGER, BOSS, AINO, EERO, SANNI, UUNO = "stranger", "boss", "aino", "eero", "sanni", "uuno"


@dataclass(frozen=True, slots=True)
class View:
    """One page: ``name`` is the picture's, ``address`` that of its entry in the table of addresses.

    ``scene`` leads there where the address alone does not. ``guide`` and ``readme``: the picture is kept there.
    ``part`` is a CSS selector of what of the page is shown there.
    """

    name: str
    address: str
    who: str
    query: str = ""
    scene: Scene | None = None
    guide: bool = False
    readme: bool = False
    part: str = "main"


VIEWS = (
    View("sign-in", "account_login", STRANGER),
    View("password-reset", "account_reset_password", STRANGER),
    View("home", "home", AINO, readme=True),
    View("home-new", "home", EERO),
    View("calendar", "calendar", AINO, readme=True),
    View("calendar-list", "calendar", AINO, query="as=list"),
    View("calendar-people", "calendar", AINO, query="people={aino}&people={eero}"),
    View("activities", "activities", AINO),
    View("activities-none", "activities", AINO, query="q=zzz"),
    View("activity", "activity", AINO),
    View("series", "activity", AINO, query="day={day}"),
    View("activity-new", "activity-new", AINO),
    View("activity-edit", "activity-edit", AINO),
    View("series-edit", "activity-edit", AINO, query="day={day}&extent=following"),
    View("projects", "projects", AINO),
    View("project", "project", AINO),
    View("import", "calendar-import", AINO),
    View("waiting", "calendar-sync-waiting", AINO, query="reason=too_frequent"),
    View("profile", "profile", AINO),
    View("sync", "calendar-sync", AINO, guide=True),
    View("sync-off", "calendar-sync", EERO, guide=True),
    View("preview", "calendar-sync-preview", EERO, guide=True),
    View("preview-off", "calendar-sync-off-preview", AINO, query="what=remove"),
    View("history", "calendar-sync-history", AINO, guide=True),
    View("addresses", "account_email", AINO),
    View("password", "account_change_password", AINO),
    View("settings", "settings", BOSS),
    View("company", "settings-company", BOSS),
    View("people", "settings-users", BOSS),
    View("types", "settings-types", BOSS, guide=True),
    View("type", "settings-type", BOSS),
    View("microsoft", "microsoft-exchange", BOSS, query="kind=graph", guide=True),
    View("server", "microsoft-exchange", BOSS, query="kind=exchange", guide=True),
    View("script", "microsoft-script", BOSS, guide=True),
    View("help", "help", BOSS),
    View("status", "status", STRANGER),
    View("sign-in-twice", "mfa_authenticate", STRANGER, scene=scenes.second_step_asked),
    View("sign-in-microsoft", "microsoft-sign-in", STRANGER, scene=scenes.microsoft_signing_in),
    View("sign-in-microsoft-refused", "microsoft-back", STRANGER, query="state=old"),
    View("sign-out", "account_logout", AINO),
    View("inactive", "account_inactive", STRANGER),
    View("sign-up", "account_signup", STRANGER),
    View("password-reset-sent", "account_reset_password_done", STRANGER),
    View("password-new", "account_reset_password_from_key", STRANGER, scene=scenes.new_password),
    View("password-new-over", "account_reset_password_from_key", STRANGER, scene=scenes.new_password_over),
    View("password-new-done", "account_reset_password_from_key_done", STRANGER),
    View("address-sent", "account_email_verification_sent", STRANGER),
    View("address-confirm", "account_confirm_email", STRANGER, scene=scenes.address_asked),
    View("address-over", "account_confirm_email", STRANGER, scene=scenes.address_over),
    View("invitation", "invitation", STRANGER, scene=scenes.invited),
    View("invitation-over", "invitation", STRANGER, scene=scenes.invited_over),
    View("not-found", "home", AINO, scene=scenes.nowhere),
    View("forbidden", "settings", AINO, scene=scenes.forbidden),
    View("form-too-old", "account_login", STRANGER, scene=scenes.form_too_old),
    View("fault", "status", STRANGER, scene=scenes.fault),
    View("menu", "home", AINO, scene=scenes.menu_opened),
    View("series-delete", "activity", AINO, scene=scenes.deletion_unfolded),
    View("calendar-card", "calendar-card", AINO, scene=scenes.entry_opened),
    View("calendar-editor", "calendar", AINO, scene=scenes.entry_changed),
    View("import-preview", "calendar-import", AINO, scene=scenes.file_chosen),
    View("types-change", "activities-types", AINO, scene=scenes.types_chosen),
    View("history-run", "calendar-sync-history", AINO, query="run={run}"),
    View("is-it-you", "account_reauthenticate", EERO),
    View("second-step", "mfa_index", EERO),
    View("second-step-begin", "mfa_activate_totp", EERO),
    View("second-step-on", "mfa_index", SANNI),
    View("second-step-again", "mfa_reauthenticate", SANNI),
    View("second-step-end", "mfa_deactivate_totp", SANNI),
    View("recovery-codes-hidden", "mfa_view_recovery_codes", SANNI, scene=scenes.recovery_codes_hidden),
    View("recovery-codes-make", "mfa_generate_recovery_codes", SANNI),
    View("recovery-codes", "mfa_view_recovery_codes", SANNI, scene=scenes.recovery_codes),
    View("sync-proof", "calendar-sync", UUNO),
    View("sync-code", "calendar-sync", UUNO, scene=scenes.code_written),
    View("grant", "microsoft-grant", BOSS, scene=scenes.granting),
    View("script-written", "microsoft-script", BOSS, scene=scenes.script_written),
)

_DEED = "answers what a button sends, with a page that is photographed or with a sentence in the gallery of answers"
_PART = "is a part of a page that is photographed"
_FILE = "is a file to be kept"
#: The addresses of which there is no picture by themselves, and why.
WITHOUT = {
    **dict.fromkeys(
        (
            "settings-user-active",
            "settings-user-role",
            "settings-user-second-step",
            "settings-user-invite",
            "settings-user-withdraw",
            "calendar-move",
            "activity-delete",
            "activity-leave",
            "calendar-import-file",
            "calendar-import-perform",
            "calendar-import-forget",
            "calendar-sync-erase",
            "calendar-sync-undo",
            "calendar-sync-undo-run",
            "calendar-sync-on",
            "calendar-sync-filters",
            "calendar-sync-off",
            "calendar-sync-now",
            "calendar-sync-decide",
            "calendar-sync-prove",
            "calendar-sync-code",
            "calendar-sync-code-enter",
            "calendar-sync-microsoft",
            "microsoft-save",
            "microsoft-what",
            "microsoft-what-preview",
            "microsoft-granted",
            "microsoft-on",
            "microsoft-off",
            "microsoft-check",
        ),
        _DEED,
    ),
    **dict.fromkeys(("calendar-items", "activity-rule", "calendar-sync-status"), _PART),
    **dict.fromkeys(
        (
            "activities-export",
            "activity-export",
            "calendar-export",
            "calendar-sync-export",
            "mfa_download_recovery_codes",
        ),
        _FILE,
    ),
    "account_set_password": "leads on to the change of a password, for everybody has one",
    "account_confirm_login_code": "leads back to signing in, for nobody signs in with a mailed code",
}


def addresses() -> set[str]:
    """The name of each address that the product answers."""
    return set(_names(get_resolver().url_patterns))


def _names(patterns: list[object]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLPattern):
            yield each.name or str(each.pattern)
        else:
            yield from _names(each.url_patterns)  # type: ignore[attr-defined]
