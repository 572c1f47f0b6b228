// The launcher on somebody's site: <script src="…/widget.js" data-key="…" async></script>
//
// It leaves one name behind, TicketDesk. Everything it shows stands in a shadow tree with a stylesheet of its
// own making, so neither can harm the other and the site's content policy needs no style-src. The talk itself is a
// frame of ours; after one greeting with exact origins, both sides speak through a channel that nobody else can enter.
// Whom the site signs for has a frame of their own, so that nothing of one person is left for the next.
(() => {
  "use strict";
  const HOME = "__PUBLIC_URL__";
  const script = document.currentScript;
  const chosen = script ? { ...script.dataset } : {};
  const key = chosen.key ?? "";
  const queue = Object.getOwnPropertyDescriptor(window, "TicketDesk")?.value;
  if (!/^[\w-]{8,64}$/.test(key) || typeof queue?.identify === "function") return;

  const EVENTS = ["ready", "open", "close", "unread", "message", "error"];
  const THEMES = ["light", "dark"];
  const SIDES = ["left", "right"];
  const TAG = /^[a-z]{2,3}([-_][a-z0-9]{2,8}){0,3}$/i;
  const MOST_ATTRIBUTES = 20;
  const PATIENCE = 10000; // for the frame's answer to the greeting
  const MOVED_AFTER = 1000; // pages that only flit past are not told
  const COLOUR = /^rgb\(\d{1,3}, \d{1,3}, \d{1,3}\)$/;
  const SVG = "http://www.w3.org/2000/svg";
  const STYLE = `
    .launch, .panel { position: fixed; z-index: 2147483000; box-sizing: border-box; margin: 0; padding: 0; border: 0; }
    .launch { right: max(24px, env(safe-area-inset-right)); bottom: max(24px, env(safe-area-inset-bottom)); width: 56px;
      height: 56px; border-radius: 50%; display: grid; place-items: center; cursor: pointer; touch-action: manipulation;
      box-shadow: 0 1px 2px rgb(29 26 35 / .1), 0 8px 24px -6px rgb(29 26 35 / .35); }
    .launch:focus-visible { outline: 3px solid Highlight; outline-offset: 3px; }
    .launch svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.1; stroke-linecap: round;
      stroke-linejoin: round; }
    .launch svg + svg, .is-open .launch svg { display: none; }
    .is-open .launch svg + svg { display: block; }
    .count { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px;
      box-sizing: border-box; border: 2px solid #fff; background: #a9231d; color: #fff; text-align: center;
      font: 600 12px/18px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
    .panel { right: max(24px, env(safe-area-inset-right)); bottom: 96px; width: 380px; height: min(640px, calc(100vh - 120px));
      height: min(640px, calc(100dvh - 120px)); border-radius: 14px; background: Canvas; visibility: hidden; opacity: 0;
      transform: translateY(8px); box-shadow: 0 2px 6px rgb(29 26 35 / .08), 0 24px 64px -12px rgb(29 26 35 / .34);
      transition: opacity .16s, transform .16s, visibility 0s .16s; }
    .is-open .panel { visibility: visible; opacity: 1; transform: none; transition-delay: 0s; }
    .is-left :is(.launch, .panel) { right: auto; left: max(24px, env(safe-area-inset-left)); }
    [hidden] { display: none !important; }
    @media (max-width: 480px), (max-height: 440px) {
      .panel, .is-left .panel { inset: 0; width: 100%; height: 100%; border-radius: 0; }
      .is-open .launch { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { .panel { transition: none; transform: none; } }
    @media (forced-colors: active) { .launch, .panel { border: 2px solid ButtonText; } }
    @media print { .launch, .panel { display: none; } }`;

  const place = document.createElement("div");
  // the site's rules may hit this element, but none of them outweighs what an element says of itself
  place.style.cssText = "all: initial !important; display: block !important; position: static !important;";
  const inside = place.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  inside.adoptedStyleSheets = [sheet];

  const root = document.createElement("div");
  const button = document.createElement("button");
  const count = document.createElement("span");
  button.type = "button";
  button.className = "launch";
  button.hidden = true;
  count.className = "count";
  count.hidden = true;
  count.setAttribute("aria-hidden", "true");
  button.append(drawn("M2.5 3.5h11v7.5h-6L4.500 13.500V11h-2z"), drawn("m4 6 4 4 4-4"), count);
  root.append(button);
  inside.append(root);

  const hearers = new Map(EVENTS.map((name) => [name, new Set()]));
  const given = { page: "", name: "", email: "", attributes: {} };
  let theme = THEMES.includes(chosen.theme) ? chosen.theme : "";
  let side = SIDES.includes(chosen.position) ? chosen.position : "";
  let language = TAG.test(chosen.locale ?? "") ? chosen.locale : "";
  let identity = proof(chosen.userToken ?? (chosen.userId ? { user_id: chosen.userId, hash: chosen.userHash } : null));
  let frame = null;
  let port = null;
  let look = null;
  let unread = 0;
  let isOpen = false;
  let isReady = false;
  let back = null;
  let patience = 0;
  let forgetting = 0;
  let told = ""; // the page of which the frame knows
  let moving = 0;

  function drawn(line) {
    const picture = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    picture.setAttribute("viewBox", "0 0 16 16");
    picture.setAttribute("aria-hidden", "true");
    path.setAttribute("d", line);
    picture.append(path);
    return picture;
  }

  // What proves who somebody is, in the two forms there are; null for anything else.
  function proof(said) {
    if (typeof said === "string" && said) return { token: said };
    if (typeof said?.token === "string" && said.token) return { token: said.token };
    if (said && ["string", "number"].includes(typeof said.user_id) && typeof said.hash === "string") {
      return { id: String(said.user_id), hash: said.hash, name: text(said.name, 120), email: text(said.email, 254) };
    }
    return null;
  }

  // A name for the shelf on which this browser keeps somebody's things; it proves nothing.
  function shelf() {
    if (!identity) return "";
    let who = identity.id ?? "";
    if (identity.token) {
      try {
        who = String(JSON.parse(atob(identity.token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub);
      } catch {
        who = identity.token; // the server will say what is wrong with it
      }
    }
    let one = 0xdeadbeef;
    let two = 0x41c6ce57;
    for (let at = 0; at < who.length; at += 1) {
      one = Math.imul(one ^ who.charCodeAt(at), 2654435761);
      two = Math.imul(two ^ who.charCodeAt(at), 1597334677);
    }
    return `#u=${(one >>> 0).toString(36)}-${(two >>> 0).toString(36)}`;
  }

  function text(said, longest) {
    return typeof said === "string" ? said.slice(0, longest) : "";
  }

  function makeFrame() {
    if (frame) return;
    if (!place.isConnected) document.documentElement.append(place);
    frame = document.createElement("iframe");
    frame.className = "panel";
    frame.title = look ? String(look.title) : "Chat";
    frame.addEventListener("load", greet);
    frame.src = `${HOME}/widget/${key}${language ? `?locale=${encodeURIComponent(language)}` : ""}${shelf()}`;
    root.append(frame);
  }

  function makeFrameAnew() {
    clearTimeout(forgetting);
    forgetting = 0;
    if (!frame) return;
    const wasInside = document.activeElement === place && inside.activeElement === frame;
    port?.close();
    port = null;
    frame.remove();
    frame = null;
    isReady = false;
    unread = 0;
    label();
    makeFrame();
    fit();
    if (wasInside) frame.focus();
  }

  // Only a page of ours can hear this. Of the site's address it learns the path, not what follows a question mark.
  function greet() {
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = (event) => hear(event.data);
    told = here();
    const where = { page: told, referrer: document.referrer.split(/[?#]/)[0] };
    const hello = { ticketdesk: "hello", ...where, theme, identity, ...said() };
    frame.contentWindow.postMessage(hello, HOME, [channel.port2]);
    if (isOpen) port.postMessage({ say: "open" });
    clearTimeout(patience);
    patience = setTimeout(() => {
      if (!isReady) complain("blocked", "The chat did not answer. Is this site named in the widget's settings?");
    }, PATIENCE);
  }

  function here() {
    return location.origin + location.pathname;
  }

  // A site of one page goes on without loading; where the site names the page itself, that holds.
  function move() {
    if (!port || given.page || here() === told) return;
    told = here();
    port.postMessage({ say: "set", theme, ...said(), page: told });
  }

  function said() {
    const { page, name, email, attributes } = given;
    return { ...(page && { page }), name, email, attributes };
  }

  function hear(word) {
    if (word?.say === "ready") dress(word);
    else if (word?.say === "close") close();
    else if (word?.say === "forgotten") makeFrameAnew();
    else if (word?.say === "unproven") unproven(word.reason);
    else if (word?.say === "message") tell("message", { count: Number(word.count) || 1 });
    else if (word?.say === "unread" && Number.isInteger(word.count) && word.count !== unread) {
      unread = word.count;
      label();
      tell("unread", unread);
    }
  }

  // The visitor goes on as nobody; what is wrong is for whoever builds the site.
  function unproven(reason) {
    complain("identity", `The visitor could not be recognised (${text(reason, 40)}) and stays anonymous.`);
    identity = null;
    makeFrameAnew();
  }

  function complain(code, message) {
    console.warn(`TicketDesk: ${message}`);
    tell("error", { code, message });
  }

  function tell(name, detail) {
    for (const hearer of [...hearers.get(name)]) {
      try {
        hearer(detail);
      } catch (error) {
        setTimeout(() => {
          throw error; // theirs, and none of our business
        });
      }
    }
  }

  function dress(word) {
    look = word;
    if (COLOUR.test(look.ground)) button.style.backgroundColor = look.ground;
    if (COLOUR.test(look.ink)) button.style.color = look.ink;
    root.classList.toggle("is-left", (side || look.position) === "left");
    frame.title = String(look.title);
    button.hidden = false;
    label();
    if (isReady) return;
    isReady = true;
    tell("ready");
  }

  function label() {
    if (!look) return;
    const many = unread > 0 && !isOpen ? String(look.unread).replace("{n}", unread) : look.openWords;
    button.setAttribute("aria-label", String(isOpen ? look.closeWords : many));
    button.setAttribute("aria-expanded", String(isOpen));
    count.hidden = unread < 1 || isOpen;
    count.textContent = unread > 9 ? "9+" : String(unread);
  }

  function open() {
    if (isOpen) return;
    makeFrame();
    isOpen = true;
    back = document.activeElement;
    root.classList.add("is-open");
    fit();
    label();
    frame.focus();
    port?.postMessage({ say: "open" });
    tell("open");
  }

  function close() {
    if (!isOpen) return;
    isOpen = false;
    const wasInside = document.activeElement === place;
    root.classList.remove("is-open");
    label();
    port?.postMessage({ say: "closed" });
    if (wasInside) {
      if (back?.isConnected && back !== place && back !== document.body) back.focus();
      else button.focus();
    }
    tell("close");
  }

  function toggle() {
    if (isOpen) close();
    else open();
  }

  // Somebody signs in, shows a newer proof, or (null) signs out.
  function identify(who) {
    const before = shelf();
    const next = proof(who);
    if (!next) {
      if (who !== null && who !== undefined) complain("identity", "identify() needs a token, or user_id and hash.");
      else if (identity) reset();
      return;
    }
    identity = next;
    if (shelf() !== before) makeFrameAnew();
    else port?.postMessage({ say: "identity", identity });
  }

  // Nothing of whoever was here is left in this browser; a signed talk is there again when they come back.
  function reset() {
    identity = null;
    Object.assign(given, { name: "", email: "", attributes: {} });
    if (!port) {
      makeFrameAnew();
      return;
    }
    port.postMessage({ say: "forget" });
    forgetting ||= setTimeout(makeFrameAnew, 1500);
  }

  function set(facts) {
    if (!facts || typeof facts !== "object") return;
    for (const [name, longest] of [["page", 2000], ["name", 120], ["email", 254]]) {
      if (typeof facts[name] === "string") given[name] = text(facts[name], longest);
    }
    if (facts.attributes && typeof facts.attributes === "object") given.attributes = plain(facts.attributes);
    if (THEMES.includes(facts.theme)) theme = facts.theme;
    if (SIDES.includes(facts.position)) side = facts.position;
    root.classList.toggle("is-left", (side || look?.position) === "left");
    if (TAG.test(facts.language ?? "") && facts.language !== language) {
      language = facts.language;
      makeFrameAnew();
      return;
    }
    port?.postMessage({ say: "set", theme, ...said() });
  }

  // Short and few, and nothing but words, numbers, yes and no: only that can be handed over.
  function plain(facts) {
    const fit = Object.entries(facts).filter(([, value]) => ["string", "boolean"].includes(typeof value) || Number.isFinite(value));
    return Object.fromEntries(
      fit.slice(0, MOST_ATTRIBUTES).map(([name, value]) => [name.slice(0, 40), typeof value === "string" ? value.slice(0, 200) : value]),
    );
  }

  function on(name, hearer) {
    const all = hearers.get(name);
    if (!all || typeof hearer !== "function") return () => {};
    const once = (detail) => hearer(detail); // heard twice, stopped apart
    all.add(once);
    if (name === "ready" && isReady) setTimeout(() => all.has(once) && once());
    return () => {
      all.delete(once);
    };
  }

  // What was called before we were here, as ["open"] or ["identify", token]; it works afterwards as well.
  function push(...calls) {
    for (const call of calls) {
      const [name, ...rest] = Array.isArray(call) ? call : [call];
      if (name !== "push" && Object.hasOwn(api, name)) api[name](...rest);
    }
  }

  // where a keyboard on the screen covers the page, the frame keeps to what is left
  function fit() {
    if (!frame) return;
    const seen = window.visualViewport;
    const isFull = frame.offsetWidth >= window.innerWidth;
    const isCovered = isOpen && isFull && seen && seen.scale === 1 && seen.height < window.innerHeight - 80;
    frame.style.height = isCovered ? `${seen.height}px` : "";
    frame.style.top = isCovered ? `${seen.offsetTop}px` : "";
  }

  button.addEventListener("click", toggle);
  button.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);
  const [walk, step] = window.navigation ? [window.navigation, "currententrychange"] : [window, "popstate"];
  walk.addEventListener(step, () => {
    clearTimeout(moving);
    moving = setTimeout(move, MOVED_AFTER);
  });
  const api = Object.freeze({ open, close, toggle, identify, reset, set, on, push });
  try {
    Object.defineProperty(window, "TicketDesk", { value: api, writable: false });
  } catch {
    return; // the name belongs to somebody else, for good
  }
  if (Array.isArray(queue)) push(...queue);

  // the site comes first: nothing is asked for before it is there and has nothing else to do
  const whenIdle = () => (window.requestIdleCallback ?? setTimeout)(makeFrame, { timeout: 2000 });
  if (document.readyState === "complete") whenIdle();
  else window.addEventListener("load", whenIdle);
})();
