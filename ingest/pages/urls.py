from django.urls import path

from . import actions, diff, event, export, listing, payload, timeline

app_name = "events"

EVENTS = "a/<slug:team_slug>/events/"
EVENT = f"{EVENTS}<int:event_id>/"

urlpatterns = [
    path(EVENTS, listing.show_list, name="list"),
    path(f"{EVENTS}export/", export.export_list, name="export"),
    path(f"{EVENTS}timeline/<int:repository_id>/<int:number>/", timeline.show_timeline, name="timeline"),
    path(EVENT, event.show_event, name="event"),
    path(f"{EVENT}payload/", payload.show_payload, name="payload"),
    path(f"{EVENT}raw/", payload.download, name="raw"),
    path(f"{EVENT}diff/", diff.show_diff, name="diff"),
    path(f"{EVENT}replay/", actions.replay_stream, name="replay"),
    path(f"{EVENT}dry-run/", actions.dry_run_stream, name="dry-run"),
    path(f"{EVENT}skip/", actions.skip_event, name="skip"),
    path(f"{EVENT}undo-skip/", actions.undo_skip, name="undo-skip"),
]
