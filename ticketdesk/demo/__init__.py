"""A company to try the product with: made by the real verbs, with a clock that was set back."""
