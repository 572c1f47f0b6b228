"""Forms on web pages, which become tickets."""
