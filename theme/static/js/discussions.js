// @ts-check
// Looks for a newer list of conversations when the page is opened, returned to, or left open: the
// page may have been built, or cached, before the last comment.
const place = document.querySelector("[data-discussions]");
const EVERY_MS = 60_000;
let asked = -EVERY_MS;

/** @param {Element | null} list */
const revision = (list) => Number(list?.getAttribute("data-revision") ?? -1);

/** @param {Element} list */
const category = (list) => {
  const chosen = list.querySelector("input:checked");
  return chosen?.parentElement?.textContent ?? "";
};

const look = async () => {
  const now = performance.now();
  if (!(place instanceof HTMLElement) || document.hidden || now - asked < EVERY_MS) return;
  asked = now;
  try {
    const answer = await fetch(place.dataset.discussions ?? "");
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".postil-discussions");
    // Whoever is walking through the list with the keyboard keeps the place.
    if (!fresh || place.contains(document.activeElement)) return;
    if (revision(fresh) <= revision(place.firstElementChild)) return;
    const chosen = place.firstElementChild && category(place.firstElementChild);
    place.replaceChildren(fresh);
    for (const input of fresh.querySelectorAll("input")) {
      if (input.parentElement?.textContent === chosen) input.checked = true;
    }
  } catch {
    // The list that was baked stands, and needs no words.
  }
};

addEventListener("pageshow", look);
document.addEventListener("visibilitychange", look);
setInterval(look, EVERY_MS);
look();

export {};
