"""How pages write form fields."""

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()

# By `input_type` of the widget; what is not here is a line of text.
CLASSES = {
    "checkbox": "checkbox checkbox-sm",
    "radio": "radio radio-sm",
    "select": "select select-sm w-full",
    "file": "file-input file-input-sm w-full",
}


@register.filter
def styled(field: BoundField) -> SafeString:
    """The widget in the look of the pages. Its label, help and errors are beside it in `parts/field.html`."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "")
    style = CLASSES.get(kind, "input input-sm w-full")
    if isinstance(widget, forms.Textarea):
        style = "textarea w-full"
    if field.errors:
        style += f" {style.split()[0]}-error"
    return field.as_widget(attrs={"class": f"{widget.attrs.get('class', '')} {style}".strip()})
