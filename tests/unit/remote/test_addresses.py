"""E-mail addresses as Microsoft writes them (S2)."""

from __future__ import annotations

import pytest

from almanakka.remote.addresses import normal


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Anna@Contoso.Test", "anna@contoso.test"),
        (" anna@contoso.test ", "anna@contoso.test"),
        ("SMTP:Anna@Contoso.Test", "anna@contoso.test"),
        ("mailto:anna@contoso.test", "anna@contoso.test"),
        ("/O=EXCHANGELABS/OU=X/CN=RECIPIENTS/CN=ANNA", ""),
        ("Anna Aalto", ""),
        ("anna@", ""),
        ("@contoso.test", ""),
        ("an na@contoso.test", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_in_its_normal_form(written: str | None, expected: str) -> None:
    assert normal(written) == expected
