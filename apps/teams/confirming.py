"""Acts that can't be undone are confirmed by typing a word: a team's address, a repository's name."""

from typing import Any

from django import forms


class TypedConfirmation(forms.Form):
    """Valid when exactly `word` was typed. Shown by `parts/confirm.html`."""

    typed = forms.CharField(
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, word: str, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.word = word
        self.fields["typed"].label = f"Type {word} to confirm"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.word:
            raise forms.ValidationError(f"That is not {self.word}. Nothing was done.")
        return typed
