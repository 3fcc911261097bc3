// @ts-check
// Footnotes stand where their signs are, on the same line, as long as the margin has room for all;
// they stay where they are in the document, so a screen reader still finds them at its end.
// Fetched by site.js, on screens with a second margin and for texts with footnotes.

// The width at which theme/static/css/layout.css makes room for it.
const hasMargins = matchMedia("screen and (width >= 72rem)");

/**
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
const all = (selector) => [...document.querySelectorAll(/** @type {"a"} */ (selector))];

const prose = /** @type {HTMLElement} */ (document.querySelector("[data-footnotes]"));
const foot = /** @type {HTMLElement} */ (prose.querySelector(".footnote"));
const notes = all(".prose .footnote li");
const signs = notes.map((note) => document.getElementById(note.id.replace("fn", "fnref")));
/**
 * An empty word; how low it stands tells the baseline of its line.
 * @param {Element | null} beside
 * @param {InsertPosition} where
 */
const probe = (beside, where) => {
  const word = document.createElement("span");
  beside?.insertAdjacentElement(where, word);
  return word;
};
/** @param {Element} word */
const baseline = (word) => {
  const { bottom, height } = word.getBoundingClientRect();
  return bottom - height / 5; // Text faces hang about so far below their line.
};
const place = () => {
  prose.classList.toggle("noted", hasMargins.matches);
  for (const link of links.flat()) link.tabIndex = 0;
  if (!hasMargins.matches) return;
  // Taken away and put back, they appear in the margin, where they would else jump up to.
  foot.hidden = true;
  foot.getBoundingClientRect();
  foot.hidden = false;
  let free = 0;
  const placed = notes.map((note, number) => {
    note.style.setProperty("--y", "0px");
    const sign = probe(signs[number] ?? prose, "beforebegin");
    return { note, sign, first: probe(note.querySelector("p") ?? note, "afterbegin") };
  });
  for (const { note, sign, first } of placed) {
    const y = Math.max(baseline(sign) - baseline(first), free);
    note.style.setProperty("--y", `${y}px`);
    free = y + note.offsetHeight + 16; // About a line of white between two notes.
  }
  for (const { sign, first } of placed) [sign.remove(), first.remove()];
  if (free > prose.offsetHeight) prose.classList.remove("noted");
  else for (const link of links.flat()) link.tabIndex = -1;
};
const links = notes.map(
  (note) => /** @type {HTMLElement[]} */ ([...note.querySelectorAll("a:not(.footnote-backref)")]),
);
// Beside the text a note comes after its sign, for the Tab key as for the eye.
prose.addEventListener("keydown", (event) => {
  if (event.key !== "Tab" || !prose.classList.contains("noted")) return;
  const stops = all(".prose :is(a, button, summary, [tabindex='0'])").flatMap((one) => {
    const at = signs.findIndex((sign) => sign?.contains(one));
    return foot.contains(one) ? [] : [one, ...(links[at] ?? [])];
  });
  const at = stops.indexOf(/** @type {HTMLElement} */ (event.target));
  const next = at < 0 ? null : stops[at + (event.shiftKey ? -1 : 1)];
  if (!next || ![stops[at], next].some((one) => one && foot.contains(one))) return;
  event.preventDefault();
  next.focus();
});
hasMargins.addEventListener("change", place);
const watch = new ResizeObserver(place);
for (const box of [prose, ...notes]) watch.observe(box);

export {};
