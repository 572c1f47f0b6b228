"""The benchmark: what the product costs, beside what the same machine needs for nearly nothing."""
