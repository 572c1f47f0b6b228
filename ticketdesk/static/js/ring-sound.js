// The ring: two soft tones every three seconds, made here, in one tab of the browser only.
const EVERY = 3000;
const TONES = [659.26, 880]; // E5, A5
const LOUD = 0.12;
let context = null;
let timer = 0;
let release = null;
let wanted = false;

// browsers make no sound before somebody has touched the page
export function unlock() {
  context ??= window.AudioContext ? new AudioContext() : null;
  if (context?.state === "suspended") context.resume();
}

function tone(pitch, at) {
  const wave = context.createOscillator();
  const loudness = context.createGain();
  wave.type = "sine";
  wave.frequency.value = pitch;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(LOUD, at + 0.03);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.7);
  wave.connect(loudness).connect(context.destination);
  wave.start(at);
  wave.stop(at + 0.75);
}

function once() {
  if (context?.state !== "running") return;
  for (const [number, pitch] of TONES.entries()) tone(pitch, context.currentTime + number * 0.22);
}

function go() {
  once();
  timer = setInterval(once, EVERY);
}

export function start() {
  if (wanted) return;
  wanted = true;
  if (!navigator.locks) return go();
  // whichever tab holds this rings; when it is closed, another does
  navigator.locks
    .request("td-ring", () => {
      if (!wanted) return undefined;
      go();
      return new Promise((resolve) => (release = resolve));
    })
    .catch(() => {});
}

export function stop() {
  wanted = false;
  clearInterval(timer);
  release?.();
  release = null;
}
