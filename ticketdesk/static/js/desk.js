// Behaviours of pages for agents.
import "./composer.js";
import "./copy.js";
import "./dialog.js";
import "./explained.js";
import "./focus.js";
import "./keyboard.js";
import "./live.js";
import "./macros.js";
import "./menu.js";
import "./opening.js";
import "./requests.js";
import "./sheet.js";
import "./sheets.js";
import "./theme.js";
import "./times.js";
import "./toast.js";
import "./why.js";
