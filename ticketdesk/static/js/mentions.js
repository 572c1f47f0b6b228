// Naming a colleague in a note: @ opens a list of those who can see the ticket.
import { completes } from "./completing.js";

completes({
  kind: "note",
  sign: /(?:^|[\s(])@([^\s@](?:[^@\n]{0,40})|)$/u, // a name may have a space in it
  fits: (one, begun) => {
    const name = one.dataset.name.toLowerCase();
    return name.startsWith(begun) || name.split(/\s+/).some((word) => word.startsWith(begun));
  },
  choose: (text, one, start, end) => {
    const name = `@${one.dataset.mention} `;
    text.setRangeText(name, start, text.value.slice(end).startsWith(" ") ? end + 1 : end, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  },
});
