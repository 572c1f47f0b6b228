// Allows notices to be pushed to this browser: it is asked, then the server is told how to reach it.
import { csrf } from "./requests.js";
import { failed, toast } from "./toast.js";

function canBePushedTo() {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function subscribed({ worker, serverKey }) {
  const { pushManager } = await navigator.serviceWorker.register(worker);
  await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: serverKey };
  try {
    return await pushManager.subscribe(wanted);
  } catch (error) {
    const old = await pushManager.getSubscription();
    if (error.name !== "InvalidStateError" || !old) throw error;
    await old.unsubscribe(); // it was made for another key of ours
    return pushManager.subscribe(wanted);
  }
}

async function allow(place) {
  if ((await Notification.requestPermission()) !== "granted") {
    toast(place.dataset.denied, { bad: true });
    return;
  }
  const { endpoint, keys } = (await subscribed(place.dataset)).toJSON();
  const answer = await fetch(place.dataset.push, {
    method: "POST",
    body: new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
    headers: { "X-CSRFToken": csrf(), "HX-Request": "true" },
  });
  const words = answer.headers.get("HX-Trigger");
  if (words) document.dispatchEvent(new CustomEvent("refused", { detail: { value: JSON.parse(words).refused } }));
  else if (!answer.ok) failed();
  else location.reload();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-push]");
  if (!button) return;
  button.disabled = true;
  try {
    if (canBePushedTo()) await allow(button);
    else toast(button.dataset.cannot, { bad: true });
  } catch {
    toast(button.dataset.unreached, { bad: true });
  }
  button.disabled = false;
});
