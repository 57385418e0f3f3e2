"""Users for tests."""

from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from apps.users.models import User


@cache
def hashed(password: str) -> str:
    """Once: hashing is slow on purpose."""
    return make_password(password)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    password = factory.LazyFunction(lambda: hashed("password"))
