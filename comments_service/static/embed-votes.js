// @ts-check
/**
 * Votes: what one presses, in place of the count that everybody sees. Fetched for whoever may vote.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { votes } from "./embed-counts.js";
import { style } from "./embed-style.js";
import { attempt, call } from "./embed-transport.js";

/** @param {Element} ballot @param {1 | -1} value @param {number} count @param {boolean} pressed */
const show = (ballot, value, count, pressed) => {
  const button = ballot.querySelector(`[data-vote="${value}"]`);
  const sign = button?.querySelector("[data-signs]");
  const number = button?.querySelector(".postil-number");
  if (!(button instanceof HTMLElement && sign instanceof HTMLElement && number)) return;
  button.ariaPressed = `${pressed}`;
  sign.textContent = `${sign.dataset.signs}`.charAt(pressed ? 1 : 0);
  number.textContent = count ? `${count}` : "";
};

/** @param {Thread} thread @param {HTMLElement} button */
const press = (thread, button) => {
  const item = button.closest("li");
  const ballot = button.parentElement;
  if (!item || !ballot) return;
  attempt(thread, item, async () => {
    const value = button.ariaPressed === "true" ? 0 : Number(button.dataset.vote);
    const path = `comments/${item.dataset.id}/vote`;
    const answer = await call(
      thread,
      value ? "PUT" : "DELETE",
      path,
      value ? { value } : undefined,
    );
    if (thread.own) thread.own.votes[`${item.dataset.id}`] = answer.value;
    show(ballot, 1, answer.up, answer.value > 0);
    show(ballot, -1, answer.down, answer.value < 0);
  });
};

/** @param {Thread} thread @param {HTMLElement} item @param {HTMLElement} made */
const dress = (thread, item, made) => {
  const id = `${item.dataset.id}`;
  const body = item.querySelector(":scope > .postil-body");
  if (!body || thread.own?.wrote(id)) return;
  let line = item.querySelector(":scope > .postil-actions");
  if (!line) {
    line = document.createElement("p");
    line.className = "postil-actions";
    body.after(line);
  }
  const mine = thread.own?.votes[id] ?? 0;
  const counts = [votes(item, 1), votes(item, -1)];
  let ballot = line.querySelector(".postil-ballot");
  if (!ballot) {
    ballot = /** @type {HTMLElement} */ (made.cloneNode(true));
    for (const told of line.querySelectorAll(".postil-up, .postil-down")) told.remove();
    line.prepend(ballot);
  }
  show(ballot, 1, counts[0] ?? 0, mine > 0);
  show(ballot, -1, counts[1] ?? 0, mine < 0);
};

/** @type {WeakSet<AbortSignal>} */
const heard = new WeakSet();

/** @param {Thread} thread */
export const offer = async (thread) => {
  if (thread.root?.matches("[data-shared]")) return;
  const made = await thread.clone("votes");
  if (!thread.own?.account && !made.dataset.guests && !heard.has(thread.signal)) return;
  await style(`${thread.src}embed-votes.css`);
  if (thread.own) thread.own.dress = (item) => dress(thread, item, made);
  /** @type {NodeListOf<HTMLElement>} */
  const items = thread.querySelectorAll("li[data-id]");
  for (const item of items) dress(thread, item, made);
  if (heard.has(thread.signal)) return;
  heard.add(thread.signal);
  const hear = (/** @type {Event} */ { target }) => {
    /** @type {HTMLElement | null} */
    const button = target instanceof Element ? target.closest("[data-vote]") : null;
    if (button) press(thread, button);
  };
  thread.addEventListener("click", hear, { signal: thread.signal });
};
