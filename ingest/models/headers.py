from __future__ import annotations

from typing import Any

from django_jsonfield_backport.models import JSONField

from ingest.log import headers


class HeadersField(JSONField):  # type: ignore[misc]
    """A dict of names and values, stored as `ingest.log.headers.packed` has it."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return headers.packed(value) if isinstance(value, dict) else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        return dict(headers.unpacked(found)) if isinstance(found, list) else found
