"""If this, then that: what agents would otherwise do by hand, again and again."""
