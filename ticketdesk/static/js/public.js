// Behaviours of pages that need no sign-in.
import "./focus.js";
import "./suggest.js";
import "./theme.js";
import "./toast.js";
