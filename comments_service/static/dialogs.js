// @ts-check
/**
 * Dialogs, fetched when one is opened: to ask again before a comment goes, and to take over what was
 * written as a guest. Markup and strings are the service's (`ui.<lang>.html`).
 *
 * @typedef {object} Lent What the thread lends; one from an older build works with this dialog too.
 * @property {(name: string) => Promise<HTMLElement>} clone
 * @property {(method: string, path: string, body?: object) => Promise<any>} call
 * @property {(where: HTMLElement, act: () => Promise<unknown>) => Promise<void>} attempt
 *   Does something once, and says where it was tried what went wrong.
 */
import { style } from "./embed-style.js";

/** @param {string} name @param {string} src @param {Lent} lent */
export const made = async (name, src, lent) => {
  const [dialog] = await Promise.all([lent.clone(name), style(`${src}sign-in.css`)]);
  return /** @type {HTMLDialogElement} */ (dialog);
};

// The first opaque colour behind it: a page that is dark by its own means has its dialogs dark too.
/** @param {Element | null} behind @returns {string} */
const ground = (behind) => {
  if (!behind) return "";
  const { backgroundColor, backgroundImage } = getComputedStyle(behind);
  if (!/^(rgba|transparent)/.test(backgroundColor)) return backgroundColor;
  return backgroundImage === "none" ? ground(behind.parentElement) : "";
};

// Behind light words is something dark, though it be a picture whose colour nobody can ask for.
/** @param {Element} element */
const contrary = (element) => {
  const { color } = getComputedStyle(element);
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return red + green + blue > 420 ? "#1b1b1b" : "";
};

/** What lies over the page has its ground. @param {HTMLElement} thread @param {HTMLElement} part */
export const grounded = (thread, part) => {
  part.style.setProperty("--postil-ground", ground(thread) || contrary(part));
};

/** Shows a dialog until it is closed. @param {HTMLElement} thread @param {HTMLDialogElement} dialog */
export const opened = async (thread, dialog) => {
  thread.querySelector(".postil")?.append(dialog);
  grounded(thread, dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve));
  dialog.remove();
};

/**
 * Show how much of what was written as a guest can become one's own, and do it. Resolves when the
 * dialog is closed: whether it was done.
 * @param {HTMLElement} thread
 * @param {string} src
 * @param {Lent} lent
 */
export const claim = async (thread, src, lent) => {
  const [dialog, me] = await Promise.all([made("claim", src, lent), lent.call("GET", "me")]);
  const form = dialog.querySelector("form");
  const text = dialog.querySelector("[data-one]");
  const comments = Number(me.claimable);
  if (!form || !(text instanceof HTMLElement) || !comments) return true;
  const words = comments > 1 ? text.dataset.other : text.dataset.one;
  text.textContent = `${words}`.replace("{n}", `${comments}`);
  const link = dialog.querySelector("a");
  // On another site a window has a session of its own, which knows nothing of what was written here.
  if (new URL(src).origin !== location.origin) link?.remove();
  else if (link) link.href += `?next=${encodeURIComponent(`${location.pathname}#comments`)}`;
  let done = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    lent.attempt(form, async () => {
      await lent.call("POST", "session/claim", { comments });
      done = true;
      dialog.close();
    });
  });
  await opened(thread, dialog);
  return done;
};

/**
 * Ask again before a comment goes. Resolves when the dialog is closed: whether it was meant.
 * @param {HTMLElement} thread
 * @param {string} src
 * @param {Lent} lent
 */
export const sure = async (thread, src, lent) => {
  const dialog = await made("delete", src, lent);
  await opened(thread, dialog);
  return !!dialog.returnValue;
};
