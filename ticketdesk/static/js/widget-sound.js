// A soft sound when an answer comes while nobody looks; one switch, one tab of all that are open.
import { isOpen } from "./widget-parent.js";
import { page, say } from "./widget-page.js";
import * as store from "./widget-store.js";
import { whenAnswered } from "./widget-talk.js";

const NOTES = [660, 880]; // Hz, one after the other
const LOUD = 0.05;
const HELD = 3000; // so long no other tab sounds for the same answer
const button = document.getElementById("sound");
let speaker = null;

function isOn() {
  return store.get("sound") !== false;
}

function show() {
  button.setAttribute("aria-pressed", String(isOn()));
  button.querySelector("[data-told]").textContent = say(isOn() ? "soundOn" : "soundOff");
}

// browsers let nothing sound before somebody did something here
function wake() {
  speaker ??= window.AudioContext ? new AudioContext() : null;
  if (speaker?.state === "suspended") speaker.resume();
}

function sound() {
  if (speaker?.state !== "running") return;
  NOTES.forEach((pitch, number) => {
    const begin = speaker.currentTime + number * 0.12;
    const voice = speaker.createOscillator();
    const loudness = speaker.createGain();
    voice.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, begin);
    loudness.gain.linearRampToValueAtTime(LOUD, begin + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, begin + 0.35);
    voice.connect(loudness).connect(speaker.destination);
    voice.start(begin);
    voice.stop(begin + 0.4);
  });
  page.dataset.sounded = String(Number(page.dataset.sounded ?? 0) + 1);
}

function alone(key) {
  if (!navigator.locks) {
    sound();
    return;
  }
  navigator.locks.request(`td-sound:${key}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    sound();
    await new Promise((done) => {
      setTimeout(done, HELD);
    });
  });
}

button.addEventListener("click", () => {
  store.set("sound", !isOn());
  show();
  if (isOn()) {
    wake();
    sound();
  }
});
addEventListener("pointerdown", wake, { once: true });
addEventListener("keydown", wake, { once: true });
addEventListener("storage", show);
whenAnswered((event) => {
  if (isOn() && !isOpen()) alone(event.detail);
});
show();
