// News: a socket that rings and never tells, or asking now and then where sockets do not come through.
import { home, page } from "./widget-page.js";
import { isOpen, whenToggled } from "./widget-parent.js";
import { whenRecognised } from "./widget-identity.js";
import { answered, flush, inherit, isEmpty, restore } from "./widget-outbox.js";
import { ask, forget, token, whenForgotten } from "./widget-server.js";
import { isOwn, refresh, whenNew } from "./widget-talk.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const OPEN_PAUSE = 5000;
const HIDDEN_PAUSE = 30_000;
const CHECK_PAUSE = 60_000; // a dead socket may look alive for long
const ANSWER_PAUSE = 400; // for the answer to what is being sent, once it rings
const OWN_PAUSE = 3000; // until we ask what else it was that rang with our own words
const NOT_YOURS = 4401; // the secret is good for nothing any more
const away = document.getElementById("away");
let socket = null;
let wait = FIRST_WAIT;
let retry = 0;
let poll = 0;
let later = 0;

function isConnected() {
  return page.hasAttribute("data-connected");
}

function showAway(isAway) {
  away.hidden = !isAway;
  away.textContent = isAway ? away.dataset.words : ""; // said by its change, not by being there
}

async function ring() {
  clearTimeout(later);
  later = 0;
  const isThere = token() ? await refresh() : navigator.onLine;
  const wasThere = away.hidden;
  showAway(!isThere);
  if (!isThere && wasThere) askNowAndThen(); // no other ring may come for long
  if (isThere && !isEmpty()) flush();
  return isThere;
}

// Words of a kind are of the moment and kept nowhere; all others, and that we were read, are fetched.
function heard(word) {
  if (word.kind) document.dispatchEvent(new CustomEvent("ticketdesk:heard", { detail: word }));
  if (word.seq !== undefined) rang(word.seq);
  else if (!word.kind || word.kind === "news" || word.kind === "seen") ring();
}

// What we say ourselves rings as well, as a rule before the server has answered; it is here by then.
async function rang(number) {
  await Promise.race([answered(), new Promise((resolve) => setTimeout(resolve, ANSWER_PAUSE))]);
  if (!isOwn(number)) ring();
  else later ||= setTimeout(ring, OWN_PAUSE);
}

function connect() {
  clearTimeout(retry);
  if (socket || !token()) return;
  const mine = token();
  const made = new WebSocket(new URL(`${home}/live`, location.href.replace(/^http/, "ws")));
  socket = made;
  made.addEventListener("open", () => made.send(JSON.stringify({ token: mine })));
  made.addEventListener("message", (event) => {
    // the first one comes at once and says that we are known
    wait = FIRST_WAIT;
    page.toggleAttribute("data-connected", true);
    heard(JSON.parse(event.data));
  });
  made.addEventListener("close", (event) => closed(made, mine, event.code));
}

function closed(which, mine, code) {
  if (socket !== which) return;
  socket = null;
  const wasConnected = isConnected();
  page.toggleAttribute("data-connected", false);
  if (code === NOT_YOURS) {
    forget(mine);
    return;
  }
  if (wasConnected) askNowAndThen(); // a try that failed must not put off the next question
  clearTimeout(retry);
  retry = setTimeout(connect, wait * (0.5 + Math.random()));
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

function hangUp() {
  const open = socket;
  socket = null;
  clearTimeout(retry);
  page.toggleAttribute("data-connected", false);
  open?.close();
}

function pause() {
  if (isConnected() && away.hidden) return CHECK_PAUSE;
  return isOpen() ? OPEN_PAUSE : HIDDEN_PAUSE;
}

function askNowAndThen() {
  clearTimeout(poll);
  poll = setTimeout(async () => {
    if (token()) await ring();
    askNowAndThen();
  }, pause());
}

function leave() {
  if (token()) ask("/left", { method: "POST", keepalive: true }).catch(() => {}); // nobody is here to hear
  hangUp();
}

function connectAgain() {
  wait = FIRST_WAIT;
  connect();
  ring();
}

export async function start() {
  restore();
  await ring();
  connect();
  askNowAndThen();
  if (!isEmpty()) flush();
}

whenNew(connect); // the first message made a visitor of us
whenForgotten(hangUp);
whenRecognised(() => {
  inherit();
  connectAgain();
});
whenToggled(() => {
  askNowAndThen();
  if (isOpen()) connectAgain();
});
addEventListener("online", connectAgain);
addEventListener("storage", (event) => {
  if (event.key?.endsWith(`${page.dataset.key}:token`) && event.newValue) connectAgain(); // begun in another tab
});
addEventListener("offline", () => showAway(true));
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => {
  if (event.persisted) connectAgain();
});
