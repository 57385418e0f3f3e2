from django.urls import path

from apps.teams.views import invitations, joining, members, own

app_name = "teams"

urlpatterns = [
    path("teams/", own.choose, name="choose"),
    path("teams/new/", own.create, name="create"),
    path("join/", joining.join, name="join"),
    path("join/<str:token>/", joining.open_invitation, name="open_invitation"),
    path("a/<slug:team_slug>/settings/", own.settings, name="settings"),
    path("a/<slug:team_slug>/leave/", members.leave, name="leave"),
    path("a/<slug:team_slug>/members/", members.members, name="members"),
    path("a/<slug:team_slug>/members/<int:member_id>/", members.change_member, name="change_member"),
    path("a/<slug:team_slug>/members/<int:member_id>/remove/", members.remove_member, name="remove_member"),
    path("a/<slug:team_slug>/members/invitations/", invitations.invite_member, name="invite"),
    path(
        "a/<slug:team_slug>/members/invitations/<int:invitation_id>/renew/",
        invitations.renew_invitation,
        name="renew_invitation",
    ),
    path(
        "a/<slug:team_slug>/members/invitations/<int:invitation_id>/revoke/",
        invitations.revoke_invitation,
        name="revoke_invitation",
    ),
]
