import pytest
from django.db import IntegrityError

from apps.users.factories import UserFactory
from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_a_user_signs_in_by_email():
    user = User.objects.create_user("Alice@EXAMPLE.com", password="correct horse")
    assert User.objects.get_by_natural_key("Alice@example.com") == user
    assert user.check_password("correct horse")
    assert not user.is_staff
    assert not user.is_superuser


def test_a_superuser_needs_only_an_email_and_a_password():
    user = User.objects.create_superuser("root@example.com", password="correct horse")
    assert user.is_staff
    assert user.is_superuser


def test_a_user_without_an_email_is_refused():
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user("")


def test_two_users_cannot_share_an_email():
    user = UserFactory()
    with pytest.raises(IntegrityError):
        UserFactory(email=user.email)


def test_a_factory_user_has_a_usable_password():
    assert UserFactory().check_password("password")
