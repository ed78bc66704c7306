"""The addresses of this application's pages."""

from django.urls import path

from almanakka.activities import calendar_page, editor, lists, type_pages

urlpatterns = [
    path("calendar/", calendar_page.calendar, name="calendar"),
    path("calendar/items", calendar_page.items, name="calendar-items"),
    path("calendar/<uuid:activity_id>/move", calendar_page.move, name="calendar-move"),
    path("activities/", lists.activities, name="activities"),
    path("activities/new", editor.create, name="activity-new"),
    path("activities/types", lists.change_types, name="activities-types"),
    path("activities/<uuid:activity_id>/", editor.show, name="activity"),
    path("activities/<uuid:activity_id>/edit", editor.edit, name="activity-edit"),
    path("activities/<uuid:activity_id>/delete", editor.remove, name="activity-delete"),
    path("activities/<uuid:activity_id>/leave", editor.leave, name="activity-leave"),
    path("settings/types/", type_pages.types, name="settings-types"),
    path("settings/types/<uuid:type_id>/", type_pages.edit, name="settings-type"),
    path("projects/", lists.projects, name="projects"),
]
