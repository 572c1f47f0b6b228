"""Names and colours a company speaks under."""
