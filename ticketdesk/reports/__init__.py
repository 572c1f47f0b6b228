"""What supervisors read: every figure has a definition, a population and a clock."""
