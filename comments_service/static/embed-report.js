// @ts-check
/**
 * Reports: whoever turns to a comment may have the moderators look at it.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { fill, values } from "./embed-drafts.js";
import { attempt, call, message } from "./embed-transport.js";

/** What was typed in a dialog that was closed, by comment. @type {Map<string, Record<string, string>>} */
const typed = new Map();

/** @param {Thread} thread @param {HTMLElement} item @param {HTMLElement} button */
const report = async (thread, item, button) => {
  const id = `${item.dataset.id}`;
  const dialogs = await import(`${thread.src}dialogs.js`);
  /** @type {HTMLDialogElement} */
  const dialog = await dialogs.made("report", thread.src, { clone: thread.clone.bind(thread) });
  const form = dialog.querySelector("form");
  if (!form) return;
  fill(form, typed.get(id) ?? {});
  let sent = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(thread, form, async () => {
      await call(thread, "POST", `comments/${id}/reports`, values(form));
      sent = true;
      dialog.close();
    });
  });
  dialog.addEventListener("close", () => typed.set(id, sent ? {} : values(form)));
  await dialogs.opened(thread, dialog);
  if (!sent) return button.focus();
  button.hidden = true;
  item.tabIndex = -1;
  item.focus();
  thread.say(await message(thread, "reported"), item);
};

/** A button beside the others of a comment; it moves no line. @param {Thread} thread @param {HTMLElement} item */
export const offer = async (thread, item) => {
  if (item.matches(".postil-deleted, .postil-pending") || !item.dataset.id) return;
  // Of a draft nobody is told by a number.
  if (item.closest("[data-shared]")) return;
  const button = await thread.clone("report-button");
  const line = item.querySelector(".postil-actions") ?? item.querySelector(".postil-meta");
  // Meanwhile it may have got one, or have turned out to be the reader's own.
  if (!line || item.querySelector(".postil-report, .postil-own")) return;
  const name = item.querySelector(".postil-name")?.textContent ?? "";
  button.ariaLabel = `${button.dataset.label}`.replace("{name}", name);
  button.classList.add("postil-report");
  button.addEventListener("click", () => {
    attempt(thread, item, () => report(thread, item, button));
  });
  line.append(" ", button);
};
