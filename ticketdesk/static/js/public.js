// Behaviours of pages that need no sign-in.
import "./focus.js";
import "./theme.js";
import "./toast.js";
