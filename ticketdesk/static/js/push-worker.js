// Shows what is pushed, also while no page of the desk is open, and opens its ticket. It keeps nothing and fetches nothing.
self.addEventListener("push", (event) => {
  const told = event.data?.json();
  if (!told) return;
  const { title, body, tag, address } = told;
  event.waitUntil(self.registration.showNotification(title, { body, tag, renotify: true, data: address }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

// the page that shows the ticket already, else a new one
async function show(address) {
  const pages = await self.clients.matchAll({ type: "window" });
  const there = pages.find((page) => new URL(page.url).pathname === address);
  return there ? there.focus() : self.clients.openWindow(address);
}
