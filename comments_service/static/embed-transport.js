// @ts-check
/**
 * Transport: what the service is asked, and what went wrong, said where it was tried.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { fill } from "./embed-drafts.js";

/** @param {Thread} thread @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
export const call = async (thread, method, path, body) => {
  const query = `thread=${thread.thread}&lang=${thread.language}`;
  const answer = await fetch(`${thread.src}api/v1/${path}?${query}`, {
    method,
    credentials: "include",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.any([thread.signal, AbortSignal.timeout(20000)]),
  });
  const data = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw { ...data, wait: Number(answer.headers.get("Retry-After")) };
  return data;
};

/** A sentence of the service's. @param {Thread} thread @param {string} name */
export const message = async (thread, name) => {
  const messages = await thread.clone("messages");
  return messages.querySelector(`[data-message=${name}]`)?.textContent ?? "";
};

/** What was wrong with a field is old once somebody changes it. @param {Element} field */
export const mended = (field) => {
  field.parentElement?.querySelector(".postil-error")?.remove();
  field.ariaInvalid = null;
};

/** Do something once. @param {Thread} thread @param {HTMLElement} where @param {() => Promise<unknown>} act */
export const attempt = async (thread, where, act) => {
  if (where.ariaBusy === "true") return;
  where.ariaBusy = "true";
  thread.say("", where);
  for (const note of where.querySelectorAll("span.postil-error")) note.remove();
  for (const field of where.querySelectorAll("[aria-invalid]")) field.ariaInvalid = null;
  try {
    await act().catch((problem) => tell(thread, where, problem));
  } finally {
    // Whatever went wrong while saying what went wrong.
    where.ariaBusy = "false";
  }
};

/** @param {HTMLFormElement} form @param {Record<string, string>} fields */
const point = (form, fields) => {
  let pointed = false;
  // Focus ends in the first of them.
  for (const name of Object.keys(fields).reverse()) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLElement)) continue;
    const note = document.createElement("span");
    note.className = "postil-error";
    note.id = `${field.id}-error`;
    note.textContent = `${fields[name]}`;
    field.after(note);
    field.ariaInvalid = "true";
    field.setAttribute("aria-describedby", `${note.id} ${field.id}-note`);
    field.focus();
    pointed = true;
  }
  return pointed;
};

/** Whether somebody has been signed out elsewhere; then the form asks for a name again. @param {Thread} thread */
const signedOut = async (thread) => {
  if (!thread.own?.account) return false;
  const writing = await thread.writing();
  await writing.ask().catch(() => {});
  return !thread.own.account;
};

/** @param {Thread} thread @param {HTMLElement} where @param {Record<string, any>} problem */
const tell = async (thread, where, { status = 503, code, detail = "", wait = 0, fields = {} }) => {
  if (thread.signal.aborted) return;
  const left = (fields.name || [401, 403, 404].includes(status)) && (await signedOut(thread));
  if (where instanceof HTMLFormElement) {
    if (code === "key_reused") fill(where, { key: "" });
    if (point(where, fields)) detail = "";
  }
  if (status >= 500) {
    const offline = thread.querySelector("form")?.dataset.offline;
    detail = await message(thread, "offline").catch(() => offline ?? detail);
  }
  if (status === 429) {
    const when = thread.relative(Math.max(60, wait));
    const said = await message(thread, "too_many").catch(() => detail);
    detail = said.replace("{when}", when);
  }
  if (left) detail = await message(thread, "signed_out").catch(() => detail);
  thread.say(detail, where, detail && "postil-error");
};
