"""By when: promises of time to customers, and the clocks that keep them honest."""
