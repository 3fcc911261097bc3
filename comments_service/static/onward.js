// @ts-check
// Presses the button of a page that somebody passes through on the way back from a provider. Whoever
// comes here by the Back button stays: the same answer cannot be used twice.
const [visit] = performance.getEntriesByType("navigation");
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-onward]"));
if (!(visit instanceof PerformanceNavigationTiming && visit.type === "back_forward")) {
  form?.requestSubmit();
}
