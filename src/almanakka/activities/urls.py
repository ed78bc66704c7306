"""The addresses of this application's pages."""

from django.urls import path

from almanakka.activities import activity_page, calendar_page, editor, grid, lists, project_pages, type_pages

urlpatterns = [
    path("calendar/", calendar_page.calendar, name="calendar"),
    path("calendar/items", grid.items, name="calendar-items"),
    path("calendar/<uuid:activity_id>/card", activity_page.card, name="calendar-card"),
    path("calendar/<uuid:activity_id>/move", grid.move, name="calendar-move"),
    path("activities/", lists.activities, name="activities"),
    path("activities/new", editor.create, name="activity-new"),
    path("activities/rule", editor.rule_said, name="activity-rule"),
    path("activities/types", lists.change_types, name="activities-types"),
    path("activities/<uuid:activity_id>/", activity_page.show, name="activity"),
    path("activities/<uuid:activity_id>/edit", editor.edit, name="activity-edit"),
    path("activities/<uuid:activity_id>/delete", activity_page.remove, name="activity-delete"),
    path("activities/<uuid:activity_id>/leave", activity_page.leave, name="activity-leave"),
    path("settings/types/", type_pages.types, name="settings-types"),
    path("settings/types/<uuid:type_id>/", type_pages.edit, name="settings-type"),
    path("projects/", project_pages.projects, name="projects"),
    path("projects/<uuid:project_id>/", project_pages.project, name="project"),
]
