// @ts-check
/** The form on a thread's own page: a guest's browser computes while its reader types, as in the article. */
import { fill } from "./embed-drafts.js";
import { begin, proof } from "./embed-proof.js";

/** @type {HTMLElement | null} */
const line = document.querySelector("[data-proof]");
/** @type {HTMLFormElement | null} */
const form = document.querySelector(".postil-form");

if (line && form) {
  const address = `${line.dataset.proof}`;
  const field = Object.assign(document.createElement("input"), {
    type: "hidden",
    name: "proof_of_work",
  });
  const typed = form.querySelector("textarea");
  const known = form.querySelector("[name=key]")?.getAttribute("value");
  const another = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  // A browser may put back what the last comment was sent with.
  let key = known || another();
  let state = "";

  const compute = () => {
    fill(form, { key });
    begin(form, address);
  };

  form.append(field);
  form.addEventListener("input", compute);
  if (typed?.value) compute();
  form.addEventListener("submit", async (event) => {
    const { submitter } = event;
    if (state === "computed" || submitter?.getAttribute("value") !== "post") return;
    event.preventDefault();
    if (state) return;
    state = "computing";
    fill(form, { key });
    field.value = await proof(form, address, () => {
      line.textContent = `${line.dataset.computing}`;
    });
    state = "computed";
    form.requestSubmit(submitter);
  });
  // Somebody who comes back to this page writes another comment.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    key = another();
    state = line.textContent = field.value = "";
  });
}
