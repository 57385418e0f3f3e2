"""No template of allauth's own is ever shown, and no address of it is open that is not wanted."""

import pytest
from django.template.loader import get_template
from django.urls import NoReverseMatch, get_resolver, reverse

from apps.users import urls


def test_each_page_has_our_look():
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        name = getattr(view, "template_name", None)
        if name and name.startswith("account/"):
            assert "/apps/users/templates/" in get_template(name).origin.name, name


@pytest.mark.parametrize(
    "name",
    [
        "account_email",
        "account_reauthenticate",
        "account_confirm_login_code",
        "github_login",
        "github_callback",
        "socialaccount_connections",
        "socialaccount_login_cancelled",
        "socialaccount_login_error",
        "socialaccount_signup",
    ],
)
def test_what_is_not_wanted_has_no_address(name):
    assert get_resolver().reverse_dict.getlist(name) == []
    with pytest.raises(NoReverseMatch):
        reverse(name, args=[])
