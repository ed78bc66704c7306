"""What is photographed: every page, and who looks at it."""

from __future__ import annotations

from dataclasses import dataclass

#: Who looks.
STRANGER, BOSS, AINO, EERO = "stranger", "boss", "aino", "eero"
LANGUAGES = ("en", "fi", "sv")


@dataclass(frozen=True, slots=True)
class View:
    """One page: ``name`` is the picture's, ``address`` that of its entry in the table of addresses.

    ``guide`` and ``readme``: the picture is kept there. ``part`` is a CSS selector of what of the page is shown there.
    """

    name: str
    address: str
    who: str
    query: str = ""
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
)
