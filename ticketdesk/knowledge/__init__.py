"""What customers can read before they ask."""
