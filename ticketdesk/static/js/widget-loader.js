// The launcher on somebody's site: <script src="…/widget.js" data-key="…" async></script>
//
// It leaves one name behind, TicketDesk. Everything it shows stands in a shadow tree with a stylesheet of its
// own making, so neither can harm the other and the site's content policy needs no style-src. The talk itself is a
// frame of ours; after one greeting with exact origins, both sides speak through a channel that nobody else can enter.
(() => {
  "use strict";
  const HOME = "__PUBLIC_URL__";
  const script = document.currentScript;
  const key = script?.dataset.key ?? "";
  if (!/^[\w-]{8,64}$/.test(key) || "TicketDesk" in window) return;

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

  let frame = null;
  let port = null;
  let look = null;
  let unread = 0;
  let isOpen = false;
  let back = null;

  function drawn(line) {
    const picture = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    picture.setAttribute("viewBox", "0 0 16 16");
    picture.setAttribute("aria-hidden", "true");
    path.setAttribute("d", line);
    picture.append(path);
    return picture;
  }

  function makeFrame() {
    if (frame) return;
    if (!place.isConnected) document.documentElement.append(place);
    frame = document.createElement("iframe");
    frame.className = "panel";
    frame.title = "Chat";
    frame.addEventListener("load", greet);
    frame.src = `${HOME}/widget/${key}`;
    root.append(frame);
  }

  // Only a page of ours can hear this. Of the site's address it learns the path, not what follows a question mark.
  function greet() {
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = (event) => hear(event.data);
    const page = location.origin + location.pathname;
    const hello = { ticketdesk: "hello", page, referrer: document.referrer.split(/[?#]/)[0], theme: script.dataset.theme };
    frame.contentWindow.postMessage(hello, HOME, [channel.port2]);
    if (isOpen) port.postMessage({ say: "open" });
  }

  function hear(word) {
    if (word?.say === "ready") dress(word);
    else if (word?.say === "close") close();
    else if (word?.say === "unread" && Number.isInteger(word.count)) {
      unread = word.count;
      label();
    }
  }

  function dress(given) {
    look = given;
    if (COLOUR.test(look.ground)) button.style.backgroundColor = look.ground;
    if (COLOUR.test(look.ink)) button.style.color = look.ink;
    root.classList.toggle("is-left", look.position === "left");
    frame.title = String(look.title);
    button.hidden = false;
    label();
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
  }

  function close() {
    if (!isOpen) return;
    isOpen = false;
    const wasInside = document.activeElement === place;
    root.classList.remove("is-open");
    label();
    port?.postMessage({ say: "closed" });
    if (!wasInside) return;
    if (back?.isConnected && back !== place && back !== document.body) back.focus();
    else button.focus();
  }

  function toggle() {
    if (isOpen) close();
    else open();
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
  Object.defineProperty(window, "TicketDesk", { value: Object.freeze({ open, close, toggle }) });

  // the site comes first: nothing is asked for before it is there and has nothing else to do
  const whenIdle = () => (window.requestIdleCallback ?? setTimeout)(makeFrame, { timeout: 2000 });
  if (document.readyState === "complete") whenIdle();
  else window.addEventListener("load", whenIdle);
})();
