// @ts-check
/**
 * Notes: whoever selects words of an article may note them. Fetched with the first selection.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { read } from "./embed-text.js";

// Characters, as the service takes them.
const MOST = 300;
const NEAR = 32;

/** What is selected of an article, cut to its first block. */
const chosen = () => {
  const selection = getSelection();
  if (!selection?.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const { startContainer: from } = range;
  /** @type {HTMLElement | null | undefined} */
  const article = (from.parentElement ?? document.body).closest("[data-postil-text]");
  const name = article?.dataset.postilText;
  /** @type {Thread | null} */
  const thread = document.querySelector(`comment-thread[thread="${name}"]`);
  // Nobody writes where comments are closed.
  const writes = !thread?.root || thread.querySelector(".postil-form, .postil-members");
  if (!article || !thread || !writes) return;
  const { text, signs } = read(article);
  const within = signs.map(
    ({ node, begin, end }) =>
      begin < end && !range.comparePoint(node, begin) && !range.comparePoint(node, end),
  );
  const begin = within.indexOf(true);
  const last = within.lastIndexOf(true);
  const block = signs[begin]?.block;
  const many = signs.slice(begin, last + 1).filter((sign) => sign.block === block).length;
  const words = text.slice(begin, begin + many).trim();
  const most = [...words].slice(0, MOST).join("");
  const exact = most === words ? words : most.replace(/\s\S{0,40}$/, "");
  if (!exact) return;
  const end = begin + exact.length;
  const prefix = [...text.slice(0, begin)].slice(-NEAR).join("");
  const suffix = [...text.slice(end)].slice(0, NEAR).join("");
  const passage = { exact, prefix, suffix, lang: thread.language };
  return { thread, article, passage, range, cut: end <= last };
};

/** @type {HTMLElement | undefined} */
let offered;
let turn = 0;
let timer = 0;
let told = "";

const hide = () => {
  const box = offered;
  turn += 1;
  offered = undefined;
  box?.remove();
};

const offer = async () => {
  const found = chosen();
  hide();
  const now = turn;
  if (!found) return;
  const { thread, article, passage, range, cut } = found;
  const { style } = await import("./embed-style.js");
  const [box] = await Promise.all([thread.clone("note"), style(`${thread.src}embed-notes.css`)]);
  const [button, hint] = box.children;
  if (now !== turn || !(button instanceof HTMLElement)) return;
  hint?.toggleAttribute("hidden", !cut);
  // The words stay selected.
  box.onpointerdown = (event) => event.preventDefault();
  box.addEventListener("focusout", hide);
  button.onclick = () => {
    hide();
    import("./embed-quote.js")
      .then(({ note }) => note(thread, chosen()?.passage ?? passage))
      .catch(() => {});
  };
  article.after(box);
  offered = box;
  // Below the words, and what a finger holds them by.
  const there = range.getBoundingClientRect();
  const apart = matchMedia("(pointer: coarse)").matches ? 40 : 6;
  const { width, height, left, top } = box.getBoundingClientRect();
  const below = there.bottom + apart;
  const y = below + height < innerHeight ? below : Math.max(there.top - height - apart, 8);
  const middle = (there.left + there.right - width) / 2;
  const x = Math.max(8, Math.min(middle, document.body.clientWidth - width - 8));
  box.style.translate = `${x - left}px ${y - top}px`;
  const words = `${box.dataset.said} ${cut ? hint?.textContent : ""}`;
  if (words !== told) thread.say(words);
  told = words;
};

document.addEventListener("selectionchange", () => {
  clearTimeout(timer);
  if (offered?.matches(":active, :focus-within")) return;
  hide();
  if (getSelection()?.isCollapsed) told = "";
  else timer = setTimeout(offer, 250);
});
document.addEventListener("keydown", (event) => {
  if (!offered || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") hide();
  else if (event.key === "Tab" && !event.shiftKey && !offered.matches(":focus-within")) {
    event.preventDefault();
    offered.querySelector("button")?.focus();
  }
});
offer();
