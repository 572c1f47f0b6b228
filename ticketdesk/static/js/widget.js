// The chat in its frame: the talk, what is written, who writes, and the page around it.
import "./menu.js";
import "./widget-address.js";
import "./widget-composer.js";
import "./widget-emoji.js";
import "./widget-articles.js";
import "./widget-menu.js";
import "./widget-presence.js";
import "./widget-rating.js";
import "./widget-sound.js";
import { start } from "./widget-live.js";
import { whenGreeted } from "./widget-parent.js";

whenGreeted();
start();
