"""Signatures and secrets."""

from ticketdesk.core import tokens


def test_a_signature_holds_for_its_value_and_purpose_only() -> None:
    good = tokens.sign("key", "mail", "12")
    assert tokens.verify("key", "mail", "12", good)
    assert tokens.verify("key", "mail", "12", good.upper())
    for key, purpose, value, signature in (
        ("other", "mail", "12", good),
        ("key", "survey", "12", good),
        ("key", "mail", "13", good),
        ("key", "mail", "12", ""),
        ("key", "mail", "12", good[:-1]),
        ("key", "mail", "12", "é" + good),
    ):
        assert not tokens.verify(key, purpose, value, signature)


def test_a_signature_has_at_least_eighty_bits() -> None:
    assert len(tokens.sign("key", "mail", "12")) * 5 >= 80


def test_secrets_are_long_and_never_the_same() -> None:
    assert len({tokens.fresh() for _ in range(100)}) == 100
    assert len(tokens.fresh()) >= 43
    assert len(tokens.reference()) == 26
