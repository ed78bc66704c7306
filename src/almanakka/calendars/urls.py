"""The addresses of this application's pages."""

from django.urls import path

from almanakka.calendars import (
    filter_page,
    help_page,
    history_page,
    home,
    ics_page,
    microsoft_page,
    proof_page,
    script_page,
    sign_in_page,
    sync_page,
    views,
    waiting_page,
)

SYNC = "profile/calendar-sync"
MICROSOFT = "settings/microsoft"

urlpatterns = [
    path("", home.home, name="home"),
    path("activities/export.ics", ics_page.export_list, name="activities-export"),
    path("activities/<uuid:activity_id>/export.ics", ics_page.export_one, name="activity-export"),
    path("calendar/export.ics", ics_page.export_calendar, name="calendar-export"),
    path("calendar/import", ics_page.import_page, name="calendar-import"),
    path("calendar/import/file", ics_page.upload, name="calendar-import-file"),
    path("calendar/import/perform", ics_page.perform, name="calendar-import-perform"),
    path("calendar/import/forget", ics_page.forget, name="calendar-import-forget"),
    path("help/", help_page.guide, name="help"),
    path("status", views.status, name="status"),
    path(f"{SYNC}/", sync_page.overview, name="calendar-sync"),
    path(f"{SYNC}/status", sync_page.progress, name="calendar-sync-status"),
    path(f"{SYNC}/preview", sync_page.preview, name="calendar-sync-preview"),
    path(f"{SYNC}/history", history_page.history, name="calendar-sync-history"),
    path(f"{SYNC}/history/export", history_page.export, name="calendar-sync-export"),
    path(f"{SYNC}/history/erase", history_page.erase, name="calendar-sync-erase"),
    path(f"{SYNC}/history/undo", history_page.undo, name="calendar-sync-undo"),
    path(f"{SYNC}/history/undo-run", history_page.undo_run, name="calendar-sync-undo-run"),
    path(f"{SYNC}/on", sync_page.switch_on, name="calendar-sync-on"),
    path(f"{SYNC}/filters", filter_page.save, name="calendar-sync-filters"),
    path(f"{SYNC}/off", sync_page.switch_off, name="calendar-sync-off"),
    path(f"{SYNC}/now", sync_page.sync_now, name="calendar-sync-now"),
    path(f"{SYNC}/waiting", waiting_page.listed, name="calendar-sync-waiting"),
    path(f"{SYNC}/waiting/decide", waiting_page.decide, name="calendar-sync-decide"),
    path(f"{SYNC}/prove", proof_page.send_proof, name="calendar-sync-prove"),
    path(f"{SYNC}/code", proof_page.write_code, name="calendar-sync-code"),
    path(f"{SYNC}/code/enter", proof_page.enter_code, name="calendar-sync-code-enter"),
    path(f"{SYNC}/microsoft", sign_in_page.begin_proof, name="calendar-sync-microsoft"),
    path("accounts/microsoft/", sign_in_page.begin, name="microsoft-sign-in"),
    path("accounts/microsoft/back", sign_in_page.finish, name="microsoft-back"),
    path(f"{MICROSOFT}/", microsoft_page.settings, name="microsoft-exchange"),
    path(f"{MICROSOFT}/save", microsoft_page.save, name="microsoft-save"),
    path(f"{MICROSOFT}/what", microsoft_page.save_what, name="microsoft-what"),
    path(f"{MICROSOFT}/what/preview", microsoft_page.preview_what, name="microsoft-what-preview"),
    path(f"{MICROSOFT}/grant", microsoft_page.grant, name="microsoft-grant"),
    path(f"{MICROSOFT}/granted", microsoft_page.granted, name="microsoft-granted"),
    path(f"{MICROSOFT}/on", microsoft_page.enable, name="microsoft-on"),
    path(f"{MICROSOFT}/off", microsoft_page.disable, name="microsoft-off"),
    path(f"{MICROSOFT}/check", microsoft_page.check, name="microsoft-check"),
    path(f"{MICROSOFT}/script", script_page.script, name="microsoft-script"),
]
