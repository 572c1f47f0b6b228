// The line: one socket for all the tabs of a browser, which tells each of them what rings.
const SIGNED_OUT = 4401;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const LATELY = 15_000; // a page that was just loaded may have missed what rang meanwhile
const ABSENT = 180_000; // a tab that was not heard of for so long is gone; hidden ones speak once a minute

export class Line {
  #address;
  #own;
  #tell;
  #tabs = new Map();
  #lately = new Map();
  #socket = null;
  #wait = FIRST_WAIT;
  #retry = 0;
  #isOpen = false;
  #wasOpen = false;
  #isOver = false;
  #said = "";

  // `tell(message, tab)` reaches one tab, or all of them
  constructor(address, as, tell) {
    this.#address = address;
    this.#own = `agent:${as}`;
    this.#tell = tell;
  }

  hear(tab, message) {
    if (message.is === "bye") {
      this.#tabs.delete(tab);
      this.#watch();
      return;
    }
    if (message.is === "online") this.#wait = FIRST_WAIT;
    const isNew = !this.#tabs.has(tab);
    this.#tabs.set(tab, { watched: message.watched ?? [], at: Date.now() });
    if (isNew || message.is === "online") this.#connect();
    if (isNew && this.#isOpen) this.#tell({ is: "open", again: false }, tab);
    this.#watch();
    if (isNew) this.#repeat(tab);
  }

  #repeat(tab) {
    const { watched } = this.#tabs.get(tab);
    for (const { ring, at } of this.#lately.values()) {
      const isWatched = watched.some((reference) => ring.topic === `ticket:${reference}`);
      if (isWatched || Date.now() - at < LATELY) this.#tell({ is: "ring", ring }, tab);
    }
  }

  #watched() {
    const all = new Set();
    for (const [tab, { watched, at }] of this.#tabs) {
      if (Date.now() - at > ABSENT) this.#tabs.delete(tab);
      else for (const reference of watched) all.add(reference);
    }
    return [...all].sort();
  }

  #watch() {
    if (this.#socket?.readyState !== 1) return;
    const watched = this.#watched();
    const word = JSON.stringify({ watch: watched });
    if (word === this.#said) return;
    this.#said = word;
    this.#socket.send(word);
    for (const topic of this.#lately.keys()) {
      if (topic.startsWith("ticket:") && !watched.includes(topic.slice(7))) this.#lately.delete(topic);
    }
  }

  #connect() {
    if (this.#socket) return;
    clearTimeout(this.#retry);
    this.#isOver = false;
    const made = new WebSocket(this.#address);
    this.#socket = made;
    made.addEventListener("open", () => {
      this.#said = "";
      this.#watch();
    });
    made.addEventListener("message", (event) => this.#rang(made, JSON.parse(event.data)));
    made.addEventListener("close", (event) => this.#closed(made, event.code));
  }

  #rang(which, ring) {
    if (which !== this.#socket || this.#isOver) return;
    if (ring.kind === "here") {
      // whoever signed in meanwhile is another one: these pages are not theirs
      if (ring.topic !== this.#own) {
        this.#end();
        return;
      }
      this.#wait = FIRST_WAIT;
      this.#isOpen = true;
      this.#tell({ is: "open", again: this.#wasOpen });
      this.#wasOpen = true;
      return;
    }
    if (ring.kind === "news") this.#lately.set(ring.topic, { ring, at: Date.now() });
    this.#tell({ is: "ring", ring });
  }

  #closed(which, code) {
    if (which !== this.#socket) return;
    this.#socket = null;
    this.#isOpen = false;
    if (code === SIGNED_OUT) {
      this.#end();
      return;
    }
    this.#tell({ is: "lost" });
    this.#retry = setTimeout(() => this.#connect(), this.#wait * (0.5 + Math.random()));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  #end() {
    this.#isOver = true;
    this.#isOpen = false;
    this.#lately.clear();
    this.#tell({ is: "over" });
    this.#tabs.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
