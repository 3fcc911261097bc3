// @ts-check
/**
 * Quote: the passage that a comment is about, seen above its words, kept and sent with them.
 * @typedef {import("./embed.js").CommentThread} Thread
 * @typedef {{exact: string, prefix: string, suffix: string, lang: string}} Passage
 */
import { fill, keep, kept, save } from "./embed-drafts.js";

const NAMES = /** @type {const} */ (["exact", "prefix", "suffix", "lang"]);

/** The passage that fields or a draft hold, if any. @param {Record<string, any>} data @returns {Passage | undefined} */
export const passage = (data) => {
  const [exact, prefix, suffix, lang] = NAMES.map((name) => `${data[`passage_${name}`] ?? ""}`);
  return exact ? /** @type {Passage} */ ({ exact, prefix, suffix, lang }) : undefined;
};

/** A form's values as the service takes them. @param {Record<string, any>} data */
export const sent = (data) => {
  const others = Object.entries(data).filter(([name]) => !name.startsWith("passage_"));
  return { ...Object.fromEntries(others), passage: passage(data) };
};

/** @param {Thread} thread @param {HTMLFormElement} form @param {Passage} about */
export const quote = async (thread, form, about) => {
  const box = await thread.clone("noting");
  const words = box.querySelector("blockquote");
  if (words) words.textContent = about.exact;
  for (const name of NAMES) {
    const field = Object.assign(document.createElement("input"), { type: "hidden" });
    field.name = `passage_${name}`;
    field.value = about[name];
    box.append(field);
  }
  const button = box.querySelector("button");
  if (button) {
    button.onclick = () => {
      box.remove();
      changed(form);
      form.querySelector("textarea")?.focus();
    };
  }
  form.querySelector(".postil-noting")?.remove();
  form.querySelector(".postil-field")?.before(box);
};

// Another passage makes another comment of the same words.
/** @param {HTMLFormElement} form */
const changed = (form) => {
  fill(form, { key: "" });
  if (form.dataset.draft) save(form);
};

/** The form of a thread or what stands in its place, once the thread is there. @param {Thread} thread @returns {Promise<HTMLElement>} */
const place = (thread) =>
  new Promise((done) => {
    const look = () => {
      /** @type {HTMLElement | null} */
      const found = thread.querySelector(".postil > .postil-form, .postil-members");
      if (found) done(found);
      if (found) observer.disconnect();
    };
    const observer = new MutationObserver(look);
    observer.observe(thread, { childList: true, subtree: true });
    look();
  });

/** Write a note. @param {Thread} thread @param {Passage} about */
export const note = async (thread, about) => {
  thread.scrollIntoView();
  const found = await place(thread);
  const writing = await thread.writing();
  if (found instanceof HTMLFormElement) {
    await quote(thread, found, about);
    changed(found);
    found.querySelector("textarea")?.focus();
    return;
  }
  // Only members write here: once signed in, they find the form with the passage.
  const draft = `postil:${thread.thread}:`;
  keep(draft, {
    ...kept(draft),
    ...Object.fromEntries(NAMES.map((name) => [`passage_${name}`, about[name]])),
  });
  writing.hear(new Event("click"), found.querySelector("a"));
};
